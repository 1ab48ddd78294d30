//go:build integration

package postgres_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
)

var sqlBlock = regexp.MustCompile("(?s)\n([^\n]*)\n\n```sql\n(.*?)\n```")

// TestEveryQueryOfTheDocumentationRuns runs each of docs/schema.md as it stands
// there, over a day and a half of a monitor that has had all there is.
func TestEveryQueryOfTheDocumentationRuns(t *testing.T) {
	text, err := os.ReadFile("../../docs/schema.md")
	if err != nil {
		t.Fatal(err)
	}
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, "drop role if exists analyst")
	t.Cleanup(func() { servers.Psql(t, db.AdminURL, "drop owned by analyst; drop role analyst") })
	s := open(t, db.URL)
	now := time.Now().UTC()
	start := now.Truncate(day).Add(-day)
	events := []data.Event{registeredAt("shop", start.Add(-day), "9f2c41d0"), registeredAt("shop", start.Add(12*time.Hour), "a1b2c3d4")}
	for _, e := range events {
		e.(*data.Registration).Schedule.Every = data.Duration(time.Minute)
	}
	for at := start; at.Before(now); at = at.Add(time.Minute) {
		m := measuredAt("shop", at)
		switch hour := at.Hour(); {
		case hour == 12:
			continue // but for a gap
		case hour == 3:
			m.State, m.Error = data.Down, &data.Error{Kind: data.ErrExpectation, Message: "body does not match"}
			m.Expectations = []data.Expectation{{Name: "body.matches", Seen: "broken"}}
		case hour == 4 && at.Minute() == 0:
			m.State, m.HTTP, m.TLS, m.Error = data.Down, nil, nil, &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer"}
		case hour == 5 && m.TLS != nil:
			m.TLS.Expires = now.Add(9 * day).Truncate(time.Second)
		}
		events = append(events, m)
	}
	hole := gapAt("shop", start.Add(12*time.Hour), time.Hour-time.Minute, data.Stopped)
	hole.Slots = 60
	today := gapAt("shop", start.Add(day+12*time.Hour), time.Hour-time.Minute, data.Overload)
	today.Slots = 60
	keep(t, s, append(events, hole, today)...)
	if _, err := s.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	blocks := sqlBlock.FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "```sql\n"); len(blocks) != n || n < 12 {
		t.Fatalf("%d queries are told of in a line above them, of %d", len(blocks), n)
	}
	for _, b := range blocks {
		t.Run(b[1], func(t *testing.T) {
			url := db.URL
			if strings.HasPrefix(b[2], "-- as a superuser") {
				url = db.AdminURL
			}
			rows := servers.Psql(t, url, b[2])
			t.Logf("%s\n%.600s", b[2], rows)
			none := strings.Contains(b[1], "should be none")
			if url == db.URL && (rows == "") != none {
				t.Error("it should find something, unless the text says that there should be none")
			}
		})
	}
}
