//go:build integration

package postgres_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/postgres"
)

// A cursor tells of what is committed after it was given, though it was written before.
func TestChangesMissNoSlowTransaction(t *testing.T) {
	db := servers.Database(t)
	s := openAt(t, db.URL, minuteOfNow, 0)
	keep(t, s, measuredAt("slow", minuteOfNow), measuredAt("quick", minuteOfNow))
	slow := servers.Psql(t, db.URL, "select id from series where monitor = 'slow'")
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "begin"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "insert into change (series) values ('{"+slow+"}')"); err != nil {
		t.Fatal(err)
	}
	keep(t, s, measuredAt("quick", minuteOfNow.Add(10*time.Second)))
	start, err := s.Changes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "commit"); err != nil {
		t.Fatal(err)
	}
	got, err := s.Changes(t.Context(), start.Next)
	if err != nil || len(got.Items) != 1 || got.Items[0].Monitor != "slow" {
		t.Errorf("got %+v, %v, want the slow one alone", got, err)
	}
	if got, err = s.Changes(t.Context(), got.Next); err != nil || len(got.Items) > 0 {
		t.Errorf("once more: %+v, %v", got, err)
	}
	if _, err := s.Changes(t.Context(), "x"+start.Next); !errors.Is(err, store.ErrCursor) {
		t.Errorf("a cursor that is none: %v", err)
	}
	if strings.Contains(start.Next, "=") {
		t.Errorf("a cursor has to go into an URL: %s", start.Next)
	}
}

// What is forgotten is told of as lost, and never what a transaction that took long
// committed in the end.
func TestChangesForgetNothingThatACursorMayAskFor(t *testing.T) {
	db := servers.Database(t)
	now := minuteOfNow
	s, err := postgres.Open(postgres.Options{URL: db.URL, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := next(t, s, "")
	keep(t, s, measuredAt("slow", minuteOfNow), measuredAt("quick", minuteOfNow))
	slow := servers.Psql(t, db.URL, "select id from series where monitor = 'slow'")
	conn, err := pgx.Connect(t.Context(), db.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// As of a collector that stood still for an hour.
	if _, err := conn.Exec(t.Context(), "begin; insert into change (series, at) values ('{"+slow+"}', now() - interval '1 hour')"); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		roll(t, s)
		now = now.Add(20 * time.Minute)
	}
	if got := next(t, s, first.Next); !got.Lost || len(got.Items) > 0 {
		t.Errorf("from before all that is forgotten: %+v", got)
	}
	third := next(t, s, "")
	if _, err := conn.Exec(t.Context(), "commit"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		roll(t, s)
		if got := next(t, s, third.Next); got.Lost || len(got.Items) != 1 || got.Items[0].Monitor != "slow" {
			t.Errorf("after a slow transaction: %+v", got)
		}
	}
	for range 2 { // now it is over
		now = now.Add(20 * time.Minute)
		roll(t, s)
	}
	if got := next(t, s, third.Next); !got.Lost {
		t.Errorf("from before what is forgotten: %+v", got)
	}
	if n := servers.Psql(t, db.URL, "select count(*) from change"); n != "1" {
		t.Errorf("%s rows are left", n)
	}
}

func next(t *testing.T, s store.Reader, after string) store.Changes {
	t.Helper()
	got, err := s.Changes(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestChangesRefuseSnapshotsThatAreNone(t *testing.T) {
	s := openAt(t, servers.Database(t).URL, minuteOfNow, 0)
	for snapshot, valid := range map[string]bool{
		"1:1:": true, "700:800:700,750,799": true, "700:800:750,750": true, "700:9223372036854775807:": true,
		"": false, "::": false, "0:0:": false, "5:3:": false, "700:800:,": false, "700:800:800": false, "700:800:699": false, "700:800:750,720": false,
		"1:9999999999999999999:": false, "1:2": false, "1:2:3:4": false, "-1:2:": false, "1:2:1 ": false, "1:2:'": false,
	} {
		cursor := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"list":"changes/1","s":%q}`, snapshot))
		if _, err := s.Changes(t.Context(), cursor); valid != (err == nil) || err != nil && !errors.Is(err, store.ErrCursor) {
			t.Errorf("%q: %v", snapshot, err)
		}
	}
}
