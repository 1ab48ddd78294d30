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
)

// What has expired stays in its buckets: of minutes those of hours, of measurements and
// gaps all.
func TestExpiryWipesNoBucket(t *testing.T) {
	db := servers.Database(t)
	r := rand.New(rand.NewPCG(3, 0))
	first := openAt(t, db.URL, minuteOfNow, 0)
	events := joined(meeting(r, minuteOfNow, 900))
	idle := gapAt("idle", minuteOfNow.Add(-40*time.Hour), 9*time.Hour, data.Stopped)
	keep(t, first, append(events, idle)...)
	roll(t, first)

	late := measuredAt("m0", minuteOfNow.Add(-5*time.Hour).Truncate(time.Minute).Add(7*time.Second))
	later := openAt(t, db.URL, minuteOfNow.Add(4*store.Day), 0)
	if _, err := later.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := servers.Psql(t, db.URL, "select count(*) from rollup_minute"); n != "0" {
		t.Errorf("%s minutes are kept after four days", n)
	}
	keep(t, later, late) // the hour is made of raw rows
	roll(t, later)
	all := append(slices.Clone(events), late)
	for _, monitor := range []string{"m0", "m1", "m2"} {
		expect(t, later, all, monitor, minuteOfNow.Add(-12*time.Hour), minuteOfNow)
	}

	week := minuteOfNow.Add(8 * store.Day)
	expired := openAt(t, db.URL, week, 2*store.Day)
	before, err := later.Summary(t.Context(), store.Query{Monitor: "m0"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := expired.Maintain(t.Context())
	if err != nil || len(u.Dropped) == 0 || u.Gaps == 0 {
		t.Fatalf("nothing is dropped after a week: %+v, %v", u, err)
	}
	if after, err := expired.Summary(t.Context(), store.Query{Monitor: "m0"}); err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("the summary is %+v, %v; before it was %+v", after, err, before)
	}
	for _, step := range []time.Duration{store.Hour, store.Day} {
		q := store.SeriesQuery{Monitor: "idle", From: minuteOfNow.Add(-3 * store.Day), To: minuteOfNow, Step: step}
		got, err := expired.Series(t.Context(), q)
		var missed int64
		for _, b := range got.Buckets {
			missed += b.Missed()
		}
		if err != nil || missed != idle.Slots {
			t.Errorf("a gap that has expired counts %d by %v, %v; want %d", missed, step, err, idle.Slots)
		}
	}
}

func TestNothingIsDroppedBeforeItIsRolledUp(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	keep(t, s, measuredAt("shop", minuteOfNow.Add(-time.Hour)))
	servers.Psql(t, db.AdminURL, "alter table rollup_hour add constraint odd check (up < 0)")
	week := openAt(t, db.URL, minuteOfNow.Add(8*store.Day), 2*store.Day)
	if u, err := week.Maintain(t.Context()); err == nil || len(u.Dropped) > 0 {
		t.Errorf("got %+v, %v, while hours cannot be written", u, err)
	}
	servers.Psql(t, db.AdminURL, "alter table rollup_hour drop constraint odd")
	if u, err := week.Maintain(t.Context()); err != nil || len(u.Dropped) != 1 {
		t.Errorf("got %+v, %v", u, err)
	}
	got, err := week.Series(t.Context(), store.SeriesQuery{Monitor: "shop", From: minuteOfNow.Add(-store.Day), To: minuteOfNow, Step: store.Hour})
	if err != nil || len(got.Buckets) != 1 || got.Buckets[0].Up != 1 {
		t.Errorf("the hour is %+v, %v", got, err)
	}
}

// What is saved in the instant before a day is dropped keeps the day until it is rolled up.
func TestADayThatIsAddedToIsNotDropped(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	keep(t, s, measuredAt("shop", minuteOfNow.Add(-time.Hour)), gapAt("shop", minuteOfNow.Add(-3*time.Hour), time.Minute, data.Stopped))
	minute := minuteOfNow.Add(-time.Hour).Unix() / 60
	servers.Psql(t, db.AdminURL, fmt.Sprintf(`create function late() returns event_trigger language plpgsql set search_path = public as $$ begin
		insert into rollup_touched (due, series, minute) select now(), array[id], array[%d] from series; end $$;
		create event trigger late on sql_drop execute function late()`, minute))
	week := openAt(t, db.URL, minuteOfNow.Add(8*store.Day), 2*store.Day)
	if u, err := week.Maintain(t.Context()); err == nil || len(u.Dropped) > 0 || u.Gaps > 0 {
		t.Errorf("got %+v, %v, while something came", u, err)
	}
	servers.Psql(t, db.AdminURL, "drop event trigger late")
	if u, err := week.Maintain(t.Context()); err != nil || len(u.Dropped) != 1 || u.Gaps != 1 {
		t.Errorf("got %+v, %v", u, err)
	}
}
