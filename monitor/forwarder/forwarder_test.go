package forwarder_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/monitor/forwarder"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A far queue fails as it is told, and counts what it has.
type far struct {
	mu    sync.Mutex
	fail  int // the next so many calls; below 0: all
	limit int // the longest value; 0: any
	has   map[string]int
}

func (f *far) Publish(_ context.Context, messages []queue.Message) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != 0 {
		f.fail--
		return errors.New("the broker is down")
	}
	for _, m := range messages {
		if f.limit > 0 && len(m.Value) > f.limit {
			return fmt.Errorf("%w: %d bytes", queue.ErrTooLarge, len(m.Value))
		}
	}
	for _, m := range messages {
		f.has[string(m.Value)]++
	}
	return nil
}

func near(t *testing.T, values ...string) (*memory.Queue, queue.Subscription) {
	t.Helper()
	q := memory.New(memory.Options{})
	for _, v := range values {
		if err := q.Publish(t.Context(), []queue.Message{{Key: "m", Value: []byte(v)}}); err != nil {
			t.Fatal(err)
		}
	}
	sub, err := q.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	return q, sub
}

func numbered(n int) []string {
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprint("event ", i)
	}
	return values
}

func TestForwarderWaitsForAQueueThatIsDownAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values := numbered(300)
		q, sub := near(t, values...)
		q.Finish()
		to := &far{fail: 8, has: map[string]int{}}
		f := forwarder.New(forwarder.Options{Subscription: sub, Publisher: to, BatchSize: 40, Publishers: 1})
		began := time.Now()
		if err := f.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if to.has[v] != 1 {
				t.Errorf("%q came %d times, want once", v, to.has[v])
			}
		}
		if time.Since(began) < 5*time.Second {
			t.Errorf("it ended after %v: it did not wait between its tries", time.Since(began))
		}
		if s := f.Stats(); s.Forwarded != 300 || s.Errors != 8 || s.Failing != nil || s.Refused != 0 {
			t.Errorf("stats: %+v", s)
		}
		if s := q.Stats(); s.Depth != 0 || s.DeadLetters != 0 {
			t.Errorf("the local queue: %+v, want it empty", s)
		}
	})
}

func TestForwarderSetsAsideOnlyWhatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values := numbered(100)
		for _, i := range []int{0, 17, 50, 51, 99} {
			values[i] = fmt.Sprintf("an event that is far too large %d", i)
		}
		q, sub := near(t, values...)
		q.Finish()
		to := &far{limit: 20, has: map[string]int{}}
		f := forwarder.New(forwarder.Options{Subscription: sub, Publisher: to, BatchSize: 64})
		if err := f.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(to.has) != 95 || f.Stats().Forwarded != 95 || f.Stats().Refused != 5 {
			t.Errorf("%d came through, want 95; stats %+v", len(to.has), f.Stats())
		}
		letters := q.DeadLetters()
		if len(letters) != 5 {
			t.Fatalf("%d dead letters, want 5", len(letters))
		}
		for _, d := range letters {
			if len(d.Message.Value) <= 20 || !errors.Is(d.Err, queue.ErrTooLarge) {
				t.Errorf("%q is set aside: %v", d.Message.Value, d.Err)
			}
		}
	})
}

func TestForwarderThatIsStoppedLeavesTheRestInTheLocalQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, sub := near(t, numbered(50)...)
		to := &far{fail: -1, has: map[string]int{}}
		f := forwarder.New(forwarder.Options{Subscription: sub, Publisher: to, Grace: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		if err := f.Run(ctx); err == nil {
			t.Error("Run returned nil with events that nobody has")
		}
		if f.Stats().Failing == nil {
			t.Error("the stats do not say what is wrong")
		}
		if err := sub.Close(); err != nil {
			t.Fatal(err)
		}
		if s := q.Stats(); s.Depth != 50 || s.DeadLetters != 0 {
			t.Errorf("the local queue: %+v, want all 50 in it", s)
		}
	})
}
