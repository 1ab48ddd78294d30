//go:build integration

package postgres_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store"
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
