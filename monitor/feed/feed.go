package feed

import (
	"context"
	"errors"
	"io"

	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
)

// From begins a pipeline with a subscription. The pipeline drains when the
// subscription is closed; how it ended is told to the subscription for each
// message, and to left for those that were not accepted: refused, or undecided.
// That may be called by several goroutines, and must be quick.
func From(p *pipeline.Pipeline, sub queue.Subscription, left func(queue.Message, pipeline.Outcome)) *pipeline.Flow[queue.Message] {
	s := source{sub, left}
	if l, ok := sub.(pipeline.Limiter); ok {
		return pipeline.From(p, "subscribe", limited{s, l})
	}
	return pipeline.From(p, "subscribe", s)
}

// A limited source has a limit of messages in flight, which the pipeline holds
// against its batches.
type limited struct {
	source
	pipeline.Limiter
}

type source struct {
	queue.Subscription
	left func(queue.Message, pipeline.Outcome)
}

// Next gives the next message; a closed subscription is the end.
func (s source) Next(ctx context.Context) (queue.Message, error) {
	m, err := s.Subscription.Next(ctx)
	if errors.Is(err, queue.ErrClosed) {
		return m, io.EOF
	}
	return m, err
}

// Settle passes the outcome on.
func (s source) Settle(m queue.Message, o pipeline.Outcome) {
	out := queue.Outcome{Err: o.Err}
	switch o.Verdict {
	case pipeline.Accepted:
		out.Verdict = queue.Accepted
	case pipeline.Refused:
		out.Verdict = queue.Refused
		s.left(m, o)
	default:
		s.left(m, o)
	}
	s.Subscription.Settle(m, out)
}
