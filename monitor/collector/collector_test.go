package collector_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/queue"
	qmemory "github.com/monitorink/monitorink/queue/memory"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A flaky store fails as it is told, and keeps the rest.
type flaky struct {
	store.Store
	mu     sync.Mutex
	fail   int // the next so many calls
	refuse func(data.Event) error
	calls  int
}

func (f *flaky) Save(ctx context.Context, events []data.Event) ([]store.Refusal, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.fail != 0 {
		f.fail--
		return nil, errors.New("the database is down")
	}
	var refusals []store.Refusal
	var good []data.Event
	for i, e := range events {
		if f.refuse != nil {
			if err := f.refuse(e); err != nil {
				refusals = append(refusals, store.Refusal{Index: i, Err: err})
				continue
			}
		}
		good = append(good, e)
	}
	if _, err := f.Store.Save(ctx, good); err != nil {
		return nil, err
	}
	return refusals, nil
}

func gap(i int) *data.Gap {
	at := time.UnixMilli(1_800_000_000_000 + int64(i)*1000).UTC()
	return &data.Gap{Monitor: "m", Location: "l", Instance: "i", Version: "v", First: at, Last: at, Slots: 1, Reason: data.Overlap}
}

func publish(t *testing.T, q queue.Publisher, n int) {
	t.Helper()
	for i := range n {
		m, err := queue.Encode(gap(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Publish(t.Context(), []queue.Message{m}); err != nil {
			t.Fatal(err)
		}
	}
}

func saved(t *testing.T, s store.Reader) int {
	t.Helper()
	page, err := s.Gaps(t.Context(), store.Query{Monitor: "m", Limit: store.MaxLimit})
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		t.Fatal(err)
	}
	return len(page.Items)
}

func subscribe(t *testing.T, q *qmemory.Queue) queue.Subscription {
	t.Helper()
	sub, err := q.Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func TestCollectorWaitsForTheStoreAndSetsNothingAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := qmemory.New(qmemory.Options{})
		publish(t, q, 300)
		q.Finish()
		st := &flaky{Store: memory.New(memory.Options{}), fail: 8}
		c := collector.New(collector.Options{Subscription: subscribe(t, q), Store: st, BatchSize: 50})
		began := time.Now()
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := saved(t, st); n != 300 {
			t.Errorf("%d events are saved, want 300", n)
		}
		if n := len(q.DeadLetters()); n != 0 {
			t.Errorf("%d dead letters, want none", n)
		}
		if time.Since(began) < 500*time.Millisecond {
			t.Errorf("it ended after %v: it did not wait between its tries", time.Since(began))
		}
		if s := c.Stats(); s.SaveErrors != 8 || s.Saved[data.KindGap] != 300 || s.Failing != nil {
			t.Errorf("stats: %+v", s)
		}
	})
}

func TestCollectorSetsAsideWhatCannotBeDecodedOrKeptAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := qmemory.New(qmemory.Options{})
		publish(t, q, 100)
		for _, bad := range []string{"", "{", `{"schema":"gap/2"}`, `{"schema":"rumour/1"}`, "\xff\xfe"} {
			if err := q.Publish(t.Context(), []queue.Message{{Key: "m", Value: []byte(bad)}}); err != nil {
				t.Fatal(err)
			}
		}
		q.Finish()
		st := &flaky{Store: memory.New(memory.Options{}), refuse: func(e data.Event) error {
			if i := e.(*data.Gap).First.Unix() % 10; i == 3 {
				return fmt.Errorf("will never do")
			}
			return nil
		}}
		c := collector.New(collector.Options{Subscription: subscribe(t, q), Store: st, BatchSize: 16})
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := saved(t, st); n != 90 {
			t.Errorf("%d events are saved, want 90", n)
		}
		letters := q.DeadLetters()
		if len(letters) != 15 {
			t.Fatalf("%d dead letters, want 15", len(letters))
		}
		refused := 0
		for _, d := range letters {
			if strings.Contains(d.Err.Error(), "will never do") {
				refused++
				e, err := data.Decode(d.Message.Value)
				if err != nil || e.(*data.Gap).First.Unix()%10 != 3 {
					t.Errorf("the dead letter %s is not the one that was refused", d.Message.Value)
				}
			} else if !errors.Is(d.Err, data.ErrMalformed) && !errors.Is(d.Err, data.ErrSchema) {
				t.Errorf("%q is set aside with %v", d.Message.Value, d.Err)
			}
		}
		if refused != 10 {
			t.Errorf("%d were refused by the store, want 10", refused)
		}
	})
}

func TestCollectorThatIsStoppedLeavesTheRestForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := qmemory.New(qmemory.Options{})
		publish(t, q, 100)
		st := &flaky{Store: memory.New(memory.Options{}), fail: -1} // down for good
		sub := subscribe(t, q)
		c := collector.New(collector.Options{Subscription: sub, Store: st, Grace: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		if err := c.Run(ctx); err == nil {
			t.Error("Run returned nil with events that are not saved")
		}
		if err := sub.Close(); err != nil {
			t.Fatal(err)
		}
		st.fail = 0
		q.Finish()
		if err := collector.New(collector.Options{Subscription: subscribe(t, q), Store: st}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := saved(t, st); n != 100 || len(q.DeadLetters()) != 0 {
			t.Errorf("%d events are saved, want 100; %d dead letters, want none", n, len(q.DeadLetters()))
		}
	})
}
