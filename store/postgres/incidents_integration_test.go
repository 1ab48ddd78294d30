//go:build integration

package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

// spells are the slots of a monitor over some days, one each 20 minutes: up or down
// for hours on end, with some that are missing, and here and there a mixed hour.
func spells(r *rand.Rand, monitor string, now time.Time) (events []data.Event) {
	state, left := data.Up, 0
	for at := now.Add(-9 * store.Day).Truncate(time.Hour); at.Before(now); at = at.Add(20 * time.Minute) {
		if left--; left < 0 {
			state, left = data.Up, 3*(1+r.IntN(40)) // whole hours
			if r.IntN(2) == 0 {
				state = data.Down
			}
			if r.IntN(4) == 0 {
				left = r.IntN(4)
			}
		}
		if r.IntN(60) == 0 {
			at = at.Add(time.Duration(r.IntN(8)) * 20 * time.Minute) // nothing was measured
			continue
		}
		first := measuredAt(monitor, at)
		if state == data.Down {
			fail(first, fmt.Sprint("since ", left))
		}
		if r.IntN(10) == 0 { // another attempt decides
			was := measuredAt(monitor, at)
			first.Attempt = 2
			if r.IntN(2) == 0 {
				fail(was, "at first")
			}
			events = append(events, was)
		}
		events = append(events, first)
	}
	return events
}

func fail(m *data.Measurement, message string) {
	m.State, m.HTTP, m.TLS, m.Phases = data.Down, nil, nil, data.Phases{}
	m.Error = &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: message}
}

// runs are the incidents of events, which are in order, newest first.
func runs(events []data.Event, q store.Query) (all []store.Incident) {
	var slots []*data.Measurement
	for _, e := range events {
		slots = append(slots, e.(*data.Measurement))
	}
	all = store.IncidentsOf(store.Decide(slots))
	slices.Reverse(all)
	return slices.DeleteFunc(all, func(n store.Incident) bool { return !n.Overlaps(q) })
}

func incidentText(n store.Incident) string {
	return fmt.Sprintf("from %v to %v, last %v, %d down: %+v", n.From.UTC(), n.To.UTC(), n.Last.UTC(), n.Down, *n.Cause)
}

// expectIncidents pages through those of a range.
func expectIncidents(t *testing.T, s *postgres.Store, events []data.Event, q store.Query) {
	t.Helper()
	var got, want []string
	for _, n := range runs(events, q) {
		want = append(want, incidentText(n))
	}
	for asked := q; ; {
		page, err := s.Incidents(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range page.Items {
			got = append(got, incidentText(n))
		}
		if asked.After = page.Next; asked.After == "" || len(got) > len(want) {
			break
		}
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("of %s from %v to %v by %d, incident %d of %d (want %d):\ngot  %v\nwant %v",
				q.Monitor, q.From, q.To, q.Limit, i, len(got), len(want), got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}

// Of long pure hours only the bucket is read: what is told is the same, while what came
// late is not rolled up, and after.
func TestIncidentsAreTheSameByWayOfHours(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	s := openAt(t, servers.Database(t).URL, minuteOfNow, 0)
	all := map[string][]data.Event{}
	for i := range 3 {
		monitor := fmt.Sprint("m", i)
		all[monitor] = spells(r, monitor, minuteOfNow)
	}
	ask := func() {
		t.Helper()
		for monitor, events := range all {
			expectIncidents(t, s, events, store.Query{Monitor: monitor})
			for range 8 {
				q := store.Query{Monitor: monitor, Limit: 1 + r.IntN(5), From: minuteOfNow.Add(-time.Duration(r.IntN(10*24*60)) * time.Minute)}
				if q.To = q.From.Add(time.Duration(r.IntN(4*24*60)) * time.Minute); r.IntN(3) == 0 {
					q.To = time.Time{}
				}
				if r.IntN(4) == 0 {
					q.From = time.Time{}
				}
				expectIncidents(t, s, events, q)
			}
		}
	}
	late := map[string][]data.Event{}
	for monitor, events := range all {
		var early []data.Event
		for i, e := range events {
			if r.IntN(100) == 0 && i > 0 {
				late[monitor] = append(late[monitor], e)
			} else {
				early = append(early, e)
			}
		}
		all[monitor] = early
		keep(t, s, early...)
	}
	ask()
	roll(t, s)
	ask()
	for monitor, events := range late {
		keep(t, s, events...)
		all[monitor] = append(all[monitor], events...)
		slices.SortFunc(all[monitor], func(a, b data.Event) int {
			x, y := a.(*data.Measurement), b.(*data.Measurement)
			if c := x.Scheduled.Compare(y.Scheduled); c != 0 {
				return c
			}
			return x.Attempt - y.Attempt
		})
	}
	ask()
	roll(t, s)
	ask()
}
