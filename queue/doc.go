// Package queue is the contract between those who make events and those who
// keep them: a [Publisher] takes messages and answers nil only when they are
// safe, a [Subscription] hands each message out and is told how it ended.
//
// Delivery is at least once: a message is handed out again until it is settled
// as accepted or refused. Order per key is kept while nothing fails; nothing may
// rely on it.
//
// To publish, [Encode] an event and hand it to a Publisher. To subscribe, call
// Next in a loop, and Settle each message once it is known how it ended:
//
//	for {
//		m, err := s.Next(ctx)
//		if err != nil {
//			return err // ctx has ended, or ErrClosed
//		}
//		s.Settle(m, outcomeOf(keep(ctx, m)))
//	}
//
// Package monitor/feed makes of a Subscription the source of a pipeline, which
// calls Settle by itself.
//
// # A queue of one's own
//
// Write a Publisher and a Subscription, and let the suite in queuetest judge
// them: it is the contract in executable form, and every implementation passes
// it. memory, spool, remote and kafka are such; examples/folder is one in fewer
// than a hundred lines. What waits is the hard part: a queue of references in
// memory does that for a queue that keeps its messages elsewhere.
package queue
