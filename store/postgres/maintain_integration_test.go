//go:build integration

package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

func openAt(t *testing.T, url string, now time.Time, retention time.Duration) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(postgres.Options{URL: url, Retention: retention, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func keep(t *testing.T, s store.Saver, events ...data.Event) {
	t.Helper()
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatalf("save: refused %v, error %v", refused, err)
	}
}

func measuredAt(monitor string, scheduled time.Time) *data.Measurement {
	return &data.Measurement{
		Monitor: monitor, Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: scheduled, Attempt: 1, State: data.Up,
		Started: scheduled.Add(time.Millisecond), Late: time.Millisecond, Method: "GET", URL: "https://shop.example/health",
		HTTP:   &data.HTTP{Status: 200, Protocol: "HTTP/2.0", Remote: "203.0.113.7:443", BodyBytes: 18220},
		TLS:    &data.TLS{Version: "TLS 1.3", Expires: scheduled.Add(40 * 24 * time.Hour).Truncate(time.Second)},
		Phases: data.Phases{DNS: data.SpanOf(time.Millisecond), FirstByte: data.SpanOf(88 * time.Millisecond), Total: data.SpanOf(89 * time.Millisecond)},
	}
}

func gapAt(monitor string, first time.Time, length time.Duration, reason data.Reason) *data.Gap {
	return &data.Gap{
		Monitor: monitor, Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", First: first, Last: first.Add(length),
		Slots: int64(length/(10*time.Second)) + 1, Reason: reason,
	}
}

func registeredAt(monitor string, from time.Time, version string) *data.Registration {
	return &data.Registration{
		Monitor: monitor, Location: "ber1", Instance: "hb-0", Version: version, From: from, Method: "GET", URL: "https://shop.example/health",
		Schedule: data.Schedule{Every: data.Duration(10 * time.Second)}, Timeout: 5 * time.Second,
	}
}

const day = 24 * time.Hour

func TestUpkeepMakesAndDropsWholeDays(t *testing.T) {
	db := servers.Database(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	today := now.Truncate(day)
	forever := openAt(t, db.URL, now, 0)
	for n := range 11 {
		keep(t, forever, measuredAt("shop", now.Add(-time.Duration(n)*day)))
	}
	for n := range 6 { // of them, 0 and 1 end before the day of the retention, and 2 begins before it
		keep(t, forever, gapAt("shop", today.Add(-time.Duration(10-n)*day-time.Hour), 2*time.Hour, data.Stopped))
	}
	for n, version := range []string{"a", "b", "c", "d"} { // b holds at the retention's day
		keep(t, forever, registeredAt("shop", today.Add(-time.Duration(20-5*n)*day-day), version), registeredAt("old", today.Add(-100*day), "a"))
	}
	u, err := forever.Maintain(t.Context())
	if err != nil || len(u.Created) != 3 || !u.Created[0].Equal(today.Add(day)) || len(u.Dropped) != 0 || u.Gaps != 0 || u.Registrations != 0 || u.Skipped {
		t.Errorf("without retention: got %+v, %v", u, err)
	}
	s := openAt(t, db.URL, now, 8*day)
	u, err = s.Maintain(t.Context())
	if err != nil || len(u.Created) != 0 || len(u.Dropped) != 2 || !u.Dropped[0].Equal(today.Add(-10*day)) || u.Gaps != 2 || u.Registrations != 2 {
		t.Errorf("with retention: got %+v, %v", u, err)
	}
	if u, err = s.Maintain(t.Context()); err != nil || len(u.Created) != 0 || len(u.Dropped) != 0 || u.Gaps != 0 || u.Registrations != 0 {
		t.Errorf("once more: got %+v, %v", u, err)
	}
	q := store.Query{Monitor: "shop"}
	measurements, err := s.Measurements(t.Context(), q)
	gaps, err2 := s.Gaps(t.Context(), q)
	registrations, err3 := s.Registrations(t.Context(), q)
	if err := errors.Join(err, err2, err3); err != nil || len(measurements.Items) != 9 || len(gaps.Items) != 4 || len(registrations.Items) != 2 {
		t.Errorf("left are %d measurements, %d gaps and %d registrations, %v", len(measurements.Items), len(gaps.Items), len(registrations.Items), err)
	}
	if got, err := s.Registrations(t.Context(), store.Query{Monitor: "old"}); err != nil || len(got.Items) != 1 {
		t.Errorf("the registration that still holds: got %+v, %v", got, err)
	}
}

func TestUpkeepIsSafeFromSeveralCollectors(t *testing.T) {
	db := servers.Database(t)
	now := time.Now().UTC()
	saver := openAt(t, db.URL, now, 0)
	for n := range 12 {
		keep(t, saver, measuredAt("shop", data.Millis(now.Add(-time.Duration(n)*day))), gapAt("shop", data.Millis(now.Add(-time.Duration(n)*day)), 0, data.Clock))
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var created, dropped, gaps int
	for n := range 6 {
		url := db.URL
		if n%2 == 0 {
			url = db.BouncerURL
		}
		s := openAt(t, url, now, 5*day)
		all.Go(func() {
			for range 3 {
				u, err := s.Maintain(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				created, dropped, gaps = created+len(u.Created), dropped+len(u.Dropped), gaps+int(u.Gaps)
				mu.Unlock()
			}
		})
		all.Go(func() { // and one that saves meanwhile
			for i := range 20 {
				if _, err := saver.Save(t.Context(), []data.Event{measuredAt(fmt.Sprint("m", n), data.Millis(now).Add(time.Duration(i)*time.Second))}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if created != 3 || dropped != 6 || gaps != 6 {
		t.Errorf("%d days were made, %d dropped, %d gaps deleted; want 3, 6, 6", created, dropped, gaps)
	}
}

func TestUpkeepGivesWayToALongQuery(t *testing.T) {
	db := servers.Database(t)
	now := time.Now().UTC()
	s := openAt(t, db.URL, now, 5*day)
	keep(t, openAt(t, db.URL, now, 0), measuredAt("shop", data.Millis(now.Add(-9*day))), measuredAt("shop", data.Millis(now)))
	reader := make(chan struct{})
	go func() { // the test waits for it
		defer close(reader)
		servers.Psql(t, db.AdminURL, "select count(*), pg_sleep(8) from measurement")
	}()
	for servers.Psql(t, db.AdminURL, "select count(*) from pg_stat_activity where query like 'select count(*), pg_sleep%' and wait_event = 'PgSleep'") != "1" {
	}
	began := time.Now()
	u, err := s.Maintain(t.Context())
	var trouble *postgres.Trouble
	if !errors.As(err, &trouble) || !trouble.Passes || len(u.Created) == 0 || len(u.Dropped) != 0 {
		t.Errorf("got %+v, %v", u, err)
	}
	if d := time.Since(began); d > 7*time.Second {
		t.Errorf("it took %v", d)
	}
	<-reader
	if u, err = s.Maintain(t.Context()); err != nil || len(u.Dropped) != 1 {
		t.Errorf("after the query: got %+v, %v", u, err)
	}
}
