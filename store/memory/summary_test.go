package memory_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

func TestAbsurdGapsAreCounted(t *testing.T) {
	s := memory.New(memory.Options{})
	first, last := time.Unix(0, 0), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	save(t, s, &data.Gap{Monitor: "m", Location: "l", First: first, Last: last, Slots: math.MaxInt64, Reason: data.Stopped},
		&data.Gap{Monitor: "m", Location: "l", First: first.Add(time.Second), Last: last, Slots: math.MaxInt64, Reason: data.Clock})
	for _, q := range []struct {
		from, to time.Time
		want     int64
	}{
		{want: last.UnixMilli() + 1},
		{to: time.Unix(1, 0), want: 1000},
		{from: time.Unix(1, 0), to: time.Unix(1, 500), want: 1},
		{from: last, want: 1},
	} {
		sum, err := s.Summary(t.Context(), store.Query{Monitor: "m", From: q.from, To: q.to})
		if err != nil || sum.Gaps[data.Stopped] != q.want || len(sum.Gaps) != 1 {
			t.Errorf("from %v to %v: got %v, %v, want %d", q.from, q.to, sum.Gaps, err, q.want)
		}
	}
}

func TestWhatExpiresUnseenIsForgottenAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New(memory.Options{Retention: time.Hour})
		start := data.Millis(time.Now())
		save(t, s, registered("m", start), measurement("m", start), gap(start))
		time.Sleep(time.Hour + time.Millisecond)
		st, err := s.Monitor(t.Context(), "m")
		if err != nil || st[0].Last != nil || st[0].LastGap != nil || st[0].Registration == nil {
			t.Errorf("after an hour, got %+v, %v; only a registration holds however old it is", st, err)
		}
		time.Sleep(time.Hour)
		save(t, s, measurement("m", data.Millis(time.Now())), gap(data.Millis(time.Now())))
		if got := s.Stats().Expired; got != 2 {
			t.Errorf("%d have expired, want 2", got)
		}
	})
}

func TestReadersReadWhileWritersWrite(t *testing.T) {
	s := memory.New(memory.Options{Measurements: 50})
	save(t, s, measurement("m", time.Unix(0, 0)))
	var all sync.WaitGroup
	for w := range 3 {
		all.Go(func() {
			for n := range 300 {
				events := []data.Event{measurement("m", time.Unix(int64(n*3+w), 0)), measurement(fmt.Sprint(w, n), time.Unix(0, 0))}
				if _, err := s.Save(t.Context(), events); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 300 {
				page, err := s.Measurements(t.Context(), store.Query{Monitor: "m"})
				if err != nil || len(page.Items) == 0 || len(page.Items) > 50 ||
					!slices.IsSortedFunc(page.Items, func(a, b *data.Measurement) int { return b.Scheduled.Compare(a.Scheduled) }) {
					t.Errorf("a reader got %d items, %v", len(page.Items), err)
					return
				}
				if _, err := s.Monitors(t.Context(), store.MonitorQuery{Limit: 1000}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestAMonitorGivesWayWhenOthersCome(t *testing.T) {
	s := memory.New(memory.Options{Total: 64})
	for n := range 64 {
		save(t, s, measurement("m", time.Unix(int64(n), 0)))
	}
	for n := range 15 {
		save(t, s, measurement(fmt.Sprint(n), time.Unix(0, 0)))
	}
	if got := s.Stats(); got.Series != 16 || got.Evicted != 60 {
		t.Errorf("got %+v, want 16 series, and 60 of the first's 64 measurements evicted", got)
	}
}

func TestACursorIsTakenOnlyAsItWasGiven(t *testing.T) {
	s := memory.New(memory.Options{})
	save(t, s, measurement("m", time.Unix(0, 0)), measurement("m", time.Unix(1, 0)))
	for _, text := range []string{`{"k":"e"}`, `{"k":"e","l":"","x":1}`, `{"l":"","k":"e"}`} {
		after := base64.RawURLEncoding.EncodeToString([]byte(text))
		if _, err := s.Measurements(t.Context(), store.Query{Monitor: "m", After: after}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("%s: got %v, want ErrCursor", text, err)
		}
	}
}
