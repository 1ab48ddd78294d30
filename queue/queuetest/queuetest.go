package queuetest

import (
	"testing"

	"github.com/monitorink/monitorink/queue"
)

// An Implementation says how to open a queue, and what it is able to do.
type Implementation struct {
	// Open returns a new, empty queue. With small it is full after at most some
	// thousand messages of 1 KiB; otherwise it takes at least 16 MiB. What it
	// leaves behind is the t.Cleanup of the implementation.
	Open func(t *testing.T, small bool) *Queue

	Exclusive bool // it has one subscription at a time; a second wraps ErrSubscribed
	Unbounded bool // it is never full
	Repeats   bool // it may hand out again what was accepted, while nothing fails
	Large     int  // bytes of the largest value; 0: 1 MiB
}

// A Queue is an open queue.
type Queue struct {
	queue.Publisher
	// Subscribe begins a subscription.
	Subscribe func() (queue.Subscription, error)
	// DeadLetters lists what was refused and is safe, in any order. The suite
	// asks again until it has what it wants.
	DeadLetters func() ([]DeadLetter, error)
	// Close ends the queue, twice without harm: all that is blocked in it returns ErrClosed.
	Close func() error
	// Reopen returns the queue as a next process finds it, after Close. Nil: it
	// does not outlive Close.
	Reopen func(t *testing.T) *Queue
}

// A DeadLetter is a message that was refused, and the text of the reason.
type DeadLetter struct {
	Message queue.Message
	Reason  string
}

// Run runs the suite.
func Run(t *testing.T, impl Implementation) {
	if impl.Large == 0 {
		impl.Large = 1 << 20
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, Implementation)
		skip bool
	}{
		{name: "HandsOutWhatWasPublished", test: handsOut},
		{name: "KeepsOrderPerKey", test: keepsOrder},
		{name: "WaitsForAMessage", test: waits},
		{name: "HandsOutAgainWhatIsUndecided", test: undecided},
		{name: "NextSubscriptionGetsWhatWasNotSettled", test: notSettled},
		{name: "SettledInAnyOrderByManyGoroutines", test: settledByMany},
		{name: "RefusedGoesToTheDeadLetters", test: refused},
		{name: "SecondSubscriptionIsRefused", test: second, skip: !impl.Exclusive},
		{name: "ManyPublishers", test: manyPublishers},
		{name: "BlocksWhileFull", test: blocksWhileFull, skip: impl.Unbounded},
		{name: "CloseWhileNextIsBlocked", test: closeInNext},
		{name: "CloseWhilePublishIsBlocked", test: closeInPublish, skip: impl.Unbounded},
		{name: "ClosedIsClosed", test: closedIsClosed},
		{name: "NothingLostNothingInvented", test: random},
		{name: "OutlivesClose", test: outlives},
	} {
		if c.skip {
			continue
		}
		t.Run(c.name, func(t *testing.T) { c.test(t, impl) })
	}
}
