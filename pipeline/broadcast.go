package pipeline

import "context"

// Broadcast adds a stage that sends each value to n flows. A value ends when it has ended in all of them, with the
// worst outcome: undecided before refused before accepted; of two refusals the first. A batch ends so element by
// element. Each flow keeps the order, and the slowest one sets the pace once its buffer is full.
//
// Nothing is copied: the branches share what the values refer to, and must not change it. With n below one it returns
// no flow, and Run the reason.
func Broadcast[T any](f *Flow[T], name string, n int) []*Flow[T] {
	s := receive(f, &stage{name: name}, when(n < 1, "it has %d branches", n))
	flows := make([]*Flow[T], max(n, 0))
	for i := range flows {
		flows[i] = flow[T](s)
	}
	s.start = func(context.Context) {
		c := &crew{s, func() {
			for _, out := range flows {
				close(out.ch)
			}
		}}
		c.start(1, func() { broadcast(s, f.ch, flows) })
	}
	return flows
}

func broadcast[T any](s *stage, in <-chan packet[T], flows []*Flow[T]) {
	for pk := range in {
		s.in.Add(1)
		if cause := s.pipeline.aborted(); cause != nil {
			s.abandon(pk.receipt, cause)
			continue
		}
		shared := packet[T]{pk.value, share(pk.receipt, len(flows))}
		for _, out := range flows {
			s.out.Add(1)
			out.ch <- shared
		}
	}
}
