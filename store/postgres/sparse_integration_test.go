//go:build integration

package postgres_test

import (
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
)

// A gap that comes late is counted by the hour and by the day that have a bucket,
// though its minutes, or its hour, have none.
func TestALateGapIsCountedWhereNothingWasMeasured(t *testing.T) {
	s := openAt(t, servers.Database(t).URL, minuteOfNow, 0)
	hour := store.Floor(minuteOfNow, store.Hour).Add(-10 * time.Hour)
	events := []data.Event{
		measuredAt("shop", hour),
		gapAt("shop", hour.Add(30*time.Minute), 4*time.Minute, data.Stopped),
		gapAt("shop", hour.Add(3*time.Hour), 4*time.Minute, data.Overload),
	}
	for i, e := range events {
		keep(t, s, e)
		roll(t, s)
		expect(t, s, events[:i+1], "shop", hour.Add(-time.Hour), hour.Add(5*time.Hour))
	}
}

// A chart has no hole at its end: what is over and not rolled up yet is made of what it
// will be rolled up from.
func TestASeriesTellsWhatWaitsForItsRollup(t *testing.T) {
	db := servers.Database(t)
	hour := store.Floor(minuteOfNow, store.Hour)
	at := func(minutes int, seconds int) time.Time {
		return hour.Add(time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second)
	}
	up := func(now time.Time, step time.Duration) (n int64) {
		t.Helper()
		s := openAt(t, db.URL, now, 0)
		got, err := s.Series(t.Context(), store.SeriesQuery{Monitor: "shop", From: hour, To: hour.Add(time.Hour), Step: step})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range got.Buckets {
			n += b.Up
		}
		return n
	}
	early := openAt(t, db.URL, at(10, 30), 0)
	keep(t, early, measuredAt("shop", at(9, 10)))
	roll(t, early)
	keep(t, early, measuredAt("shop", at(10, 10)))
	for _, now := range []time.Time{at(11, 0), at(11, 30)} { // due is 11:01
		for _, step := range []time.Duration{store.Minute, store.Hour, store.Day} {
			if n := up(now, step); n != 2 {
				t.Errorf("at %v by %v: %d slots are up, want 2", now.Format(time.TimeOnly), step, n)
			}
		}
	}
	roll(t, openAt(t, db.URL, at(11, 30), 0))
	for _, now := range []time.Time{at(60, 0), at(60, 30)} { // the hour is due 1 s after its end
		for _, step := range []time.Duration{store.Hour, store.Day} {
			if n := up(now, step); n != 2 {
				t.Errorf("at %v by %v: %d slots are up, want 2", now.Format(time.TimeOnly), step, n)
			}
		}
	}
}
