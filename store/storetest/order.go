package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// anyOrder saves random events that meet each other, repeated, shuffled and cut
// into batches, by several writers at once, and asks all there is to ask.
func anyOrder(t *testing.T, open func(t *testing.T) store.Store) {
	r := random(t)
	for range 10 {
		events := randomEvents(r, 250)
		m := model{}
		m.save(events)
		s := open(t)
		var writers sync.WaitGroup
		for range 4 {
			w := rand.New(rand.NewPCG(r.Uint64(), 0))
			mine := slices.Clone(events) // each event comes from every writer, some twice
			mine = append(mine, mine[:w.IntN(50)]...)
			w.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			writers.Go(func() {
				for len(mine) > 0 {
					n := min(1+w.IntN(60), len(mine))
					if refused, err := s.Save(t.Context(), mine[:n]); err != nil || len(refused) > 0 {
						t.Errorf("save: refused %v, error %v", refused, err)
						return
					}
					mine = mine[n:]
				}
			})
		}
		writers.Wait()
		askAll(t, r, s, m)
		if t.Failed() {
			return
		}
	}
}

// askAll holds the answers of s against those of m.
func askAll(t *testing.T, r *rand.Rand, s store.Store, m model) {
	t.Helper()
	for _, limit := range []int{1, 1 + r.IntN(8), 0} {
		got := pages(t, limit, func(after string) (store.Page[store.MonitorStatus], error) {
			return s.Monitors(t.Context(), store.MonitorQuery{Limit: limit, After: after})
		})
		var lines []string
		for _, st := range got {
			lines = append(lines, statusText(st))
		}
		same(t, "monitors", lines, m.monitors())
	}
	for _, monitor := range monitorIDs {
		for range 6 {
			q := store.Query{Monitor: monitor, Limit: 1 + r.IntN(30)}
			if r.IntN(2) == 0 {
				q.Location = pick(r, locationIDs...)
			}
			if r.IntN(3) > 0 {
				q.From = at(r.IntN(slots)).Add(jitter(r))
			}
			if r.IntN(3) > 0 {
				q.To = at(r.IntN(slots)).Add(jitter(r))
			}
			askOne(t, s, m, q)
		}
		askOne(t, s, m, store.Query{Monitor: monitor})
	}
}

func askOne(t *testing.T, s store.Store, m model, q store.Query) {
	t.Helper()
	what := fmt.Sprintf("of %+v", q)
	same(t, "measurements "+what, texts(list(t, q, s.Measurements)), texts(m.measurements(q)))
	same(t, "gaps "+what, texts(list(t, q, s.Gaps)), texts(m.gaps(q)))
	same(t, "registrations "+what, texts(list(t, q, s.Registrations)), texts(m.registrations(q)))
	same(t, "incidents "+what, incidentTexts(list(t, q, s.Incidents)), incidentTexts(m.incidents(q)))
	sum, err := s.Summary(t.Context(), q)
	if err != nil {
		t.Fatalf("summary %s: %v", what, err)
	}
	same(t, "summary "+what, summaryText(sum), summaryText(m.summary(q)))
}

// slots is how many instants random events share.
const slots = 24

var (
	monitorIDs  = []string{"shop", "a/b?c=%2F&d", `"'; <script>🙂`}
	locationIDs = []string{"ber1", "é", "e\u0301 / ü"}
)

func randomEvents(r *rand.Rand, n int) []data.Event {
	var events []data.Event
	for _, id := range monitorIDs { // none is unknown
		events = append(events, registration(id, locationIDs[0], 0))
	}
	for len(events) < n {
		id, place, i := pick(r, monitorIDs...), pick(r, locationIDs...), r.IntN(slots)
		switch r.IntN(6) {
		case 0, 1, 2:
			e := pick(r, up, down)(id, place, i)
			e.Attempt = 1 + r.IntN(3)
			e.Started = at(i).Add(time.Duration(r.IntN(3)) * time.Microsecond)
			e.Phases.Total = data.SpanOf(time.Duration(1+r.IntN(1000)) * time.Microsecond)
			e.Instance = pick(r, "a", "b")
			if e.Error != nil {
				e.Error.Kind = pick(r, data.ErrorKinds()...)
				if r.IntN(3) == 0 {
					e.Captured = &data.Captured{Body: pick(r, "", "<h1>\\u0000 …\ufffd"), Headers: pick(r, nil, map[string]string{"Retry-After": "1", "Set-Cookie": "•••"})}
				}
			}
			if r.IntN(3) == 0 {
				other := &data.Error{Kind: data.ErrProxy, Phase: "connect", Message: "hung up"}
				e.Addresses, e.Unprobed = []data.Address{
					{Remote: "192.0.2.1:80", State: data.Up, Status: 200, Phases: e.Phases}, {Remote: "[2001:db8::1]:80", State: data.Down, Error: other},
				}, r.IntN(2)
			}
			if r.IntN(3) == 0 {
				e.Trace = fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())
			}
			events = append(events, e)
		case 3, 4:
			e := gap(id, place, i, i+r.IntN(8), pick(r, data.Overload, data.Overlap, data.Stopped, data.Clock, data.Paused))
			if e.Slots > 1 && r.IntN(2) == 0 {
				e.Slots = 1 + r.Int64N(20) // of another interval
			}
			e.Instance = pick(r, "a", "b")
			events = append(events, e)
		case 5:
			e := registration(id, place, i)
			e.Version, e.Paused = pick(r, "a", "b"), r.IntN(4) == 0
			e.Labels = map[string]string{"team": pick(r, "web", `"'`)}
			if r.IntN(5) == 0 {
				e = &data.Registration{Monitor: id, Location: place, Instance: "i", Version: "v", From: at(i), Removed: true}
			}
			events = append(events, e)
		}
	}
	return events
}

// jitter moves a bound to just beside a slot, or leaves it there.
func jitter(r *rand.Rand) time.Duration {
	return time.Duration(r.IntN(5)-2) * pick(r, time.Microsecond, time.Millisecond, time.Second)
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// list reads all pages of what q asks for.
func list[E any](t *testing.T, q store.Query, ask asking[E]) []E {
	t.Helper()
	return pages(t, q.Limit, func(after string) (store.Page[E], error) {
		q.After = after
		return ask(t.Context(), q)
	})
}

func pages[E any](t *testing.T, limit int, ask func(after string) (store.Page[E], error)) (all []E) {
	t.Helper()
	for after := ""; ; {
		page, err := ask(after)
		switch {
		case err != nil:
			t.Fatalf("a page after %d items: %v", len(all), err)
		case len(page.Items) > store.Bound(limit):
			t.Fatalf("a page holds %d items, and the limit is %d", len(page.Items), limit)
		case len(page.Items) == 0 && page.Next != "":
			t.Fatalf("an empty page is followed by another")
		}
		all = append(all, page.Items...)
		if after = page.Next; after == "" {
			return all
		}
	}
}
