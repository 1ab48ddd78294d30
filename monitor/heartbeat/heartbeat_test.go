package heartbeat_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A journal keeps what is published in memory, as a disk would.
type journal struct {
	mu      sync.Mutex
	records []queue.Message
	at      time.Time
	intact  *time.Time // nil: as at
	full    bool
	news    chan struct{}
}

func newJournal() *journal { return &journal{news: make(chan struct{}, 1)} }

func (j *journal) Publish(ctx context.Context, messages []queue.Message) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.full {
		return queue.ErrFull
	}
	j.records = append(j.records, messages...)
	select {
	case j.news <- struct{}{}:
	default:
	}
	return nil
}

func (j *journal) Checkpoint(_ context.Context, at time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.at = at
	return nil
}

func (j *journal) Recovered() (time.Time, bool) { return j.at, !j.at.IsZero() }
func (j *journal) MakeRoom()                    {}
func (j *journal) Intact() (time.Time, bool) {
	if j.intact != nil {
		return *j.intact, !j.intact.IsZero()
	}
	return j.Recovered()
}

func (j *journal) Replay(f func(queue.Message) error) error {
	for _, m := range j.events() {
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

func (j *journal) events() []queue.Message {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]queue.Message(nil), j.records...)
}

// decoded waits until ok is content with what was published, and returns it.
func (j *journal) wait(t *testing.T, what string, ok func([]data.Event) bool) []data.Event {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		var events []data.Event
		for _, m := range j.events() {
			e, err := data.Decode(m.Value)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, e)
		}
		if ok(events) {
			return events
		}
		select {
		case <-j.news:
		case <-deadline:
			t.Fatalf("%s: not within 20 s; %d events", what, len(events))
		}
	}
}

func monitor(id, url string, every time.Duration) data.Monitor {
	return data.Monitor{
		ID: id, URL: url, Method: "GET", Schedule: data.Schedule{Every: data.Duration(every)},
		Timeout: data.Duration(every), Connection: data.ConnectionNew,
	}
}

func run(t *testing.T, h *heartbeat.Heartbeat) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }() // waited for by stop
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-ended })
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return stop
}

func measured(events []data.Event, monitor string) (list []*data.Measurement) {
	for _, e := range events {
		if m, ok := e.(*data.Measurement); ok && m.Monitor == monitor {
			list = append(list, m)
		}
	}
	return list
}

func TestHeartbeatMeasuresEverySlotAndLeavesOneGapWhileStopped(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	dir, j := t.TempDir(), newJournal()
	monitors := []data.Monitor{monitor("a", target.URL, 100*time.Millisecond), monitor("b", target.URL, 150*time.Millisecond)}
	once := func(list []data.Monitor, n int) {
		t.Helper()
		state, err := heartbeat.OpenState(dir, "", "here")
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, list)
		if err != nil {
			t.Fatal(err)
		}
		before := len(measured(j.wait(t, "", func([]data.Event) bool { return true }), "a"))
		stop := run(t, h)
		j.wait(t, "measurements", func(e []data.Event) bool { return len(measured(e, "a")) >= before+n })
		if err := stop(); err != nil {
			t.Fatalf("Run: %v", err)
		}
	}
	once(monitors, 5)
	once(monitors, 5)
	once(monitors[:1], 3) // b is removed

	events := j.wait(t, "", func([]data.Event) bool { return true })
	until, _ := j.Recovered()
	for _, id := range []string{"a", "b"} {
		var history []*data.Registration
		var gaps []*data.Gap
		for _, e := range events {
			if e.Key() != id {
				continue
			}
			switch e := e.(type) {
			case *data.Registration:
				history = append(history, e)
			case *data.Gap:
				gaps = append(gaps, e)
			}
		}
		at := map[time.Time]int{}
		for _, m := range measured(events, id) {
			at[m.Scheduled]++
		}
		first := history[0].From
		n := 0
		for s := range schedule.Slots(history, first, until) {
			n++
			in := 0
			for _, g := range gaps {
				if g.Covers(s) {
					in++
				}
			}
			if at[s.Scheduled]+in != 1 {
				t.Errorf("%s: the slot %v has %d measurements and is in %d gaps", id, s.Scheduled, at[s.Scheduled], in)
			}
			delete(at, s.Scheduled)
		}
		for s := range at {
			if s.Before(until) {
				t.Errorf("%s: %v was measured and is not a slot", id, s)
			}
		}
		if n < 5 {
			t.Errorf("%s: only %d slots", id, n)
		}
	}
}

func TestStateIsLockedAndKeepsItsLocation(t *testing.T) {
	dir := t.TempDir()
	s, err := heartbeat.OpenState(dir, "", "here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := heartbeat.OpenState(dir, "", "here"); !errors.Is(err, heartbeat.ErrLocked) {
		t.Errorf("a second: %v, want ErrLocked", err)
	}
	if err := s.Save(nil); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := heartbeat.OpenState(dir, "there", "here"); !errors.Is(err, heartbeat.ErrLocation) {
		t.Errorf("another location: %v, want ErrLocation", err)
	}
	s, err = heartbeat.OpenState(dir, "", "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Location() != "here" {
		t.Errorf("location %q, want the persisted one", s.Location())
	}
}

// heartbeat ledger show and check look for a moment, in which a heartbeat may start.
func TestAStartWaitsForWhoOnlyLooksAtTheDataDirectory(t *testing.T) {
	dir := t.TempDir()
	s, err := heartbeat.OpenState(dir, "", "here")
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	synctest.Test(t, func(t *testing.T) {
		looking, err := heartbeat.LookState(dir)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() { looking.Close() })
		s, err := heartbeat.OpenState(dir, "", "here")
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
}

func TestProbingYieldsWhileTheQueueIsFull(t *testing.T) {
	var asked, full atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer target.Close()
	full.Store(1)
	j := newJournal()
	h, err := heartbeat.New(t.Context(), heartbeat.Options{
		Location: "here", Instance: "i", Queue: j, Full: func() bool { return full.Load() == 1 },
	}, []data.Monitor{monitor("a", target.URL, 100*time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	skipped := time.After(20 * time.Second)
	for h.Stats().Gaps[data.Overload] < 3 {
		select {
		case <-skipped:
			t.Fatal("nothing is skipped")
		case <-time.After(10 * time.Millisecond):
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("%d probes were made", n)
	}
	full.Store(0)
	j.wait(t, "a measurement, and the gap before it", func(events []data.Event) bool {
		gap := false
		for _, e := range events {
			g, ok := e.(*data.Gap)
			gap = gap || ok && g.Reason == data.Overload && g.Slots >= 3
		}
		return gap && len(measured(events, "a")) > 0
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}

func TestOverlapBecomesAGap(t *testing.T) {
	release := make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer target.Close()
	j := newJournal()
	m := monitor("slow", target.URL, 100*time.Millisecond)
	m.Timeout = data.Duration(450 * time.Millisecond)
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j}, []data.Monitor{m})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	j.wait(t, "a timeout and an overlap", func(events []data.Event) bool {
		var timeout, overlap bool
		for _, e := range events {
			switch e := e.(type) {
			case *data.Measurement:
				timeout = timeout || e.Error != nil && e.Error.Kind == data.ErrTimeout && e.Error.Phase == "first_byte"
			case *data.Gap:
				overlap = overlap || e.Reason == data.Overlap && e.Slots >= 3
			}
		}
		return timeout && overlap
	})
	close(release)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
