package queue

import (
	"context"
	"errors"

	"github.com/monitorink/monitorink/data"
)

var (
	// ErrClosed is returned by what is used after Close, or blocked in it.
	ErrClosed = errors.New("queue is closed")
	// ErrFull is wrapped by Publish when its context ended while it waited for
	// room: none of its messages is in the queue.
	ErrFull = errors.New("queue is full")
	// ErrTooLarge is wrapped by Publish when the messages are more than the queue
	// can ever take at once; fewer may fit.
	ErrTooLarge = errors.New("too much for the queue at once")
	// ErrSubscribed is wrapped when a queue that has one subscription at a time
	// is asked for a second.
	ErrSubscribed = errors.New("queue has a subscriber already")
)

// A Message is one encoded event on its way.
type Message struct {
	Key   string    // the monitor's id
	Kind  data.Kind // as a header, so that a reader need not decode
	Value []byte    // JSON; nobody changes it after Publish

	// Position belongs to the subscription that handed the message out. It is
	// opaque to all others and ignored by Publish.
	Position any
}

// Encode returns e as a message.
func Encode(e data.Event) (Message, error) {
	b, err := data.Encode(e)
	return Message{Key: e.Key(), Kind: e.Kind(), Value: b}, err
}

// A Publisher takes messages. It may be used by several goroutines.
type Publisher interface {
	// Publish returns nil when every message is as safe as the queue can make
	// it. On an error any part of them may be in the queue (publish them all
	// again; an event twice is an event once), except with ErrFull. It blocks
	// while the queue is full, until there is room (nil), ctx ends (ErrFull and
	// the error of ctx) or the queue is closed (ErrClosed). No message is no
	// error. Values are not copied: they are the queue's from then on.
	Publish(ctx context.Context, messages []Message) error
}

// An Outcome says how a message ended. The zero Outcome is undecided: the
// message will be handed out again.
type Outcome struct {
	Verdict Verdict
	Err     error // why, when not accepted
}

// A Verdict is the kind of an Outcome.
type Verdict int

// The verdicts.
const (
	Undecided Verdict = iota // hand it out again
	Accepted                 // the store has it
	Refused                  // it will never do: to the dead letters
)

// A Subscription hands messages out. One goroutine calls Next; any may call
// Settle.
type Subscription interface {
	// Next blocks until there is a message. It returns ctx.Err() when ctx ends
	// and ErrClosed after Close; any other error means that the queue cannot go on.
	Next(ctx context.Context) (Message, error)
	// Settle is called once for each message that Next returned. It does not
	// block. A refused message counts as finished only once it is safe among
	// the dead letters.
	Settle(m Message, outcome Outcome)
	// Close ends the subscription after what was settled has been recorded.
	// Messages that were not settled will be handed to the next subscription.
	// Close twice is harmless.
	Close() error
}
