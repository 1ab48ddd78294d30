package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

// TestKill9LeavesEverySlotAccountedForOnce kills heartbeat and collector at random
// points, and then compares what was saved with the list of slots, and with the
// log of the target.
func TestKill9LeavesEverySlotAccountedForOnce(t *testing.T) {
	t.Parallel()
	rng := seeded(t)
	w := newWitness(t)
	hb, dir := freeAddr(t), t.TempDir()
	var urls []string
	for i := range 40 {
		urls = append(urls, fmt.Sprintf("%s/%d", w.url, i))
	}
	heartbeat := []string{
		"MONITORINK_URLS=" + strings.Join(urls, ","), "MONITORINK_SCHEDULE=@every 400ms", "MONITORINK_TIMEOUT=200ms",
		"MONITORINK_QUEUE=disk", "MONITORINK_DATA_DIR=" + dir, "MONITORINK_HEARTBEAT_ADDR=" + hb, "MONITORINK_LOCATION=here",
	}
	p := pair{
		produce: func() *process { return start(t, "heartbeat", heartbeat, "run") },
		consume: func() *process { return startKeeper(t, dir, "http://"+hb) },
	}
	killed := p.killAtRandom(rng, 20)
	eventually(t, 10*time.Second, "heartbeat is ready", func() bool { return get("http://"+hb+"/readyz", nil) == 200 })
	end := time.Now()
	check(t, account(keptUpTo(t, dir, end)), end, w, killed)
	if code := p.producer.stop(); code != 0 {
		t.Errorf("heartbeat: exit code %d, want 0", code)
	}
	if code := p.consumer.stop(); code != 0 {
		t.Errorf("collector: exit code %d, want 0", code)
	}
}

// seeded is a source of chance that SEED repeats.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// A pair is a heartbeat and a collector that can be started again.
type pair struct {
	produce, consume   func() *process
	producer, consumer *process // the running ones
}

// killAtRandom starts both, kills one or the other with -9 at random points, each
// time starting it again, and returns when heartbeat was killed.
func (p *pair) killAtRandom(rng *rand.Rand, kills int) (killed []time.Time) {
	p.producer, p.consumer = p.produce(), p.consume()
	for range kills {
		<-time.After(time.Duration(50+rng.IntN(700)) * time.Millisecond)
		if rng.IntN(2) == 0 {
			killed = append(killed, time.Now())
			p.producer.kill()
			p.producer = p.produce()
		} else {
			p.consumer.kill()
			p.consumer = p.consume()
		}
	}
	return killed
}

// A book is what the saved events say of one monitor.
type book struct {
	url           string
	registrations []*data.Registration
	measured      map[time.Time]*data.Measurement
	gaps          []*data.Gap
}

func account(events []data.Event) map[string]*book {
	books := map[string]*book{}
	for _, e := range events {
		b := books[e.Key()]
		if b == nil {
			b = &book{measured: map[time.Time]*data.Measurement{}}
			books[e.Key()] = b
		}
		switch e := e.(type) {
		case *data.Registration:
			b.registrations = append(b.registrations, e)
			b.url = e.URL
		case *data.Measurement:
			if old := b.measured[e.Scheduled]; old != nil {
				e = data.Join(old, e).(*data.Measurement)
			}
			b.measured[e.Scheduled] = e
		case *data.Gap:
			b.gaps = append(b.gaps, e)
		}
	}
	return books
}

// missing is how many slots before end are neither measured nor in a gap.
func missing(books map[string]*book, end time.Time) (n int) {
	for _, b := range books {
		n += b.missing(end)
	}
	return n
}

func savedUpTo(events []data.Event, end time.Time) bool {
	books := account(events)
	for _, b := range books {
		ok := false
		for at := range b.measured {
			ok = ok || at.After(end)
		}
		if !ok {
			return false
		}
	}
	return len(books) > 0
}

func check(t *testing.T, books map[string]*book, end time.Time, w *witness, killed []time.Time) {
	t.Helper()
	slots, measured, covered := 0, 0, 0
	for id, b := range books {
		var first time.Time
		for _, r := range b.registrations {
			if first.IsZero() || r.From.Before(first) {
				first = r.From
			}
		}
		known := map[time.Time]bool{}
		for s := range schedule.Slots(b.registrations, first, end) {
			slots++
			known[s.Scheduled] = true
			switch {
			case b.measured[s.Scheduled] != nil:
				measured++
			case inGap(b.gaps, s):
				covered++
			default:
				t.Errorf("%s: the slot %s is not accounted for", id, s.Scheduled.Format(time.RFC3339Nano))
			}
		}
		for at := range b.measured {
			if at.Before(end) && !known[at] {
				t.Errorf("%s: a measurement of %s, which is not a slot", id, at.Format(time.RFC3339Nano))
			}
		}
		testify(t, id, b, w, killed, end)
	}
	t.Logf("%d slots: %d measured, %d in gaps; heartbeat was killed %d times", slots, measured, covered, len(killed))
	if measured == 0 || len(killed) > 0 && covered == 0 {
		t.Error("nothing measured, or no gap although heartbeat was killed")
	}
}

func inGap(gaps []*data.Gap, s data.Slot) bool {
	for _, g := range gaps {
		if g.Covers(s) {
			return true
		}
	}
	return false
}

// testify wants a measurement for each probe that the target answered a second or
// more before a kill.
func testify(t *testing.T, id string, b *book, w *witness, killed []time.Time, end time.Time) {
	t.Helper()
	path := b.url[strings.LastIndex(b.url, "/"):]
	for _, at := range w.answered(path) {
		near := at.After(end)
		for _, k := range killed {
			// A request that the dead process had sent may be answered after it.
			near = near || k.Sub(at) < time.Second && at.Sub(k) < 300*time.Millisecond
		}
		if near {
			continue
		}
		ok := false
		for _, m := range b.measured {
			// The request that it answered is that of the probe that began last
			// before; the probe of the slot before began 400 ms earlier.
			ok = ok || !at.Before(m.Started.Add(-5*time.Millisecond)) && at.Before(m.Started.Add(350*time.Millisecond))
		}
		if !ok {
			t.Errorf("%s: the target answered at %s, and no measurement says so; heartbeat was killed at %v", id, at.Format(time.RFC3339Nano), killed)
		}
	}
}
