package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// now is the cursor of now.
func now(t *testing.T, s store.Reader) string {
	t.Helper()
	c, err := s.Changes(t.Context(), "")
	if err != nil || len(c.Items) > 0 || c.Next == "" || c.Lost {
		t.Fatalf("changes from the empty cursor: got %+v, %v; want a cursor alone", c, err)
	}
	return c.Next
}

// follow reads changes from after on until enough of them came, which may be a moment
// after Save; it returns where to go on.
func follow(t *testing.T, s store.Reader, after string, seen map[store.Key]string, enough func() bool) string {
	t.Helper()
	end := time.After(20 * time.Second)
	for {
		c, err := s.Changes(t.Context(), after)
		if err != nil || c.Lost {
			t.Fatalf("changes after %q: lost %v, %v", after, c.Lost, err)
		}
		once := map[store.Key]bool{}
		for _, st := range c.Items {
			k := store.Key{Monitor: st.Monitor, Location: st.Location}
			if once[k] {
				t.Errorf("%v is there twice", k)
			}
			once[k], seen[k] = true, statusText(st)
		}
		if after = c.Next; enough() {
			return after
		}
		select {
		case <-end:
			t.Fatalf("changes stay away; got %v", seen)
		case <-time.After(time.Millisecond): // the store does not say when there is more
		}
	}
}

// changes are told once each, whatever changed.
func changes(t *testing.T, s store.Store) {
	save(t, s, up("old", "ber1", 0))
	seen := map[store.Key]string{}
	cursor := follow(t, s, now(t, s), seen, func() bool { return true })
	clear(seen)
	save(t, s, up("shop", "ber1", 0), up("shop", "ber1", 1), gap("shop", "ham1", 0, 1, data.Paused), registration("other", "ber1", 0))
	cursor = follow(t, s, cursor, seen, func() bool {
		return seen[store.Key{Monitor: "shop", Location: "ber1"}] != "" && seen[store.Key{Monitor: "shop", Location: "ham1"}] != "" && seen[store.Key{Monitor: "other", Location: "ber1"}] != ""
	})
	for k, got := range seen {
		st, err := s.Monitor(t.Context(), k.Monitor)
		i := slices.IndexFunc(st, func(st store.MonitorStatus) bool { return st.Location == k.Location })
		if err != nil || i < 0 || statusText(st[i]) != got {
			t.Errorf("%v changed to %s, and is %+v, %v", k, got, st, err)
		}
	}
	clear(seen)
	save(t, s, down("shop", "ber1", 2))
	follow(t, s, cursor, seen, func() bool { return len(seen) > 0 })
	if want := "\"shop\" at \"ber1\": " + text(down("shop", "ber1", 2)); len(seen) != 1 || seen[store.Key{Monitor: "shop", Location: "ber1"}] != want {
		t.Errorf("after one monitor changed, got %v, want it alone: %s", seen, want)
	}
	for _, foreign := range []string{"shop", "\x00\xff", "{}", "e30", cursor[:len(cursor)-1], next1(t, s)} {
		if _, err := s.Changes(t.Context(), foreign); !errors.Is(err, store.ErrCursor) {
			t.Errorf("changes after %q: got %v, want ErrCursor", foreign, err)
		}
	}
}

// next1 is a cursor of another list.
func next1(t *testing.T, s store.Store) string {
	page, err := s.Monitors(t.Context(), store.MonitorQuery{Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatalf("got no cursor of monitors: %v", err)
	}
	return page.Next
}

// noneSkipped follows changes while several writers save: however they commit, the
// last state of each monitor is among them.
func noneSkipped(t *testing.T, s store.Store) {
	cursor, seen := now(t, s), map[store.Key]string{}
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range 40 {
				id := fmt.Sprint("monitor ", (n*7+w)%10)
				if _, err := s.Save(t.Context(), []data.Event{up(id, "ber1", n*4+w), up(id, "ham1", n)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 10 {
		cursor = follow(t, s, cursor, seen, func() bool { return true })
	}
	writers.Wait()
	want := map[store.Key]string{}
	for _, st := range pages(t, 0, func(after string) (store.Page[store.MonitorStatus], error) {
		return s.Monitors(t.Context(), store.MonitorQuery{After: after})
	}) {
		want[store.Key{Monitor: st.Monitor, Location: st.Location}] = statusText(st)
	}
	follow(t, s, cursor, seen, func() bool {
		for k, text := range want {
			if seen[k] != text {
				return false
			}
		}
		return true
	})
}

// choosesKeys asks for monitors by key.
func choosesKeys(t *testing.T, s store.Store) {
	for _, id := range []string{"a", "b", "c"} {
		save(t, s, up(id, "ber1", 0), up(id, "ham1", 0))
	}
	keys := []store.Key{{Monitor: "c", Location: "ber1"}, {Monitor: "unknown"}, {Monitor: "a", Location: "ham1"}, {Monitor: "c", Location: "ber1"}, {Monitor: "b", Location: "nowhere"}, {Monitor: "a", Location: "ber1"}}
	for _, limit := range []int{0, 1, 2, 3} {
		var got []store.Key
		for _, st := range pages(t, limit, func(after string) (store.Page[store.MonitorStatus], error) {
			return s.Monitors(t.Context(), store.MonitorQuery{Keys: keys, Limit: limit, After: after})
		}) {
			got = append(got, store.Key{Monitor: st.Monitor, Location: st.Location})
		}
		want := []store.Key{{Monitor: "a", Location: "ber1"}, {Monitor: "a", Location: "ham1"}, {Monitor: "c", Location: "ber1"}}
		slices.SortFunc(want, func(a, b store.Key) int {
			return cmp.Or(cmp.Compare(a.Monitor, b.Monitor), cmp.Compare(a.Location, b.Location))
		})
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: got %v, want %v", limit, got, want)
		}
	}
	page, err := s.Monitors(t.Context(), store.MonitorQuery{Keys: []store.Key{}})
	if err != nil || len(page.Items) > 0 || page.Next != "" {
		t.Errorf("of no keys: got %+v, %v", page, err)
	}
}
