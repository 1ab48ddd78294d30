package postgres

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

func TestACursorIsTakenOnlyAsItWasGiven(t *testing.T) {
	long := strings.Repeat("<", data.MaxID)
	for _, p := range []place{
		{List: listMonitors, Monitor: long, Location: long},
		{List: listMeasurements, Location: "é 🙂", At: endOfTime.UnixMilli() - 1, Attempt: 100},
		{List: listGaps, Location: "l", At: 1, First: 1, Reason: "stopped"},
		{List: listRegistrations, Location: "l"},
	} {
		got, err := decodePlace(p.encode(), p.List)
		if err != nil || got != p {
			t.Errorf("%+v: got %+v, %v", p, got, err)
		}
		for _, list := range []string{listMonitors, listMeasurements, listGaps, listRegistrations, "gaps/2"} {
			if _, err := decodePlace(p.encode(), list); (err == nil) != (list == p.List) || err != nil && !errors.Is(err, store.ErrCursor) {
				t.Errorf("%+v in %s: %v", p, list, err)
			}
		}
	}
	for _, text := range []string{
		``, `{}`, `null`, `{"list":"gaps/1"}`, `{"list":"gaps/1","l":""}`, `{"list":"gaps/1","l":"l","t":-1}`, `{"list":"gaps/1","l":"l","t":9223372036854775807}`,
		`{"list":"gaps/1","l":"l","t":1e3}`, `{"l":"l","list":"gaps/1"}`, `{"list":"gaps/1","l":"l","x":1}`, `{"list":"gaps/1","l":"\u0000"}`, `{"list":"gaps/1","l":"l"} `,
		`{"list":"gaps/1","l":"l","a":101}`, `{"list":"gaps/1","l":"l","r":"\u0001"}`, `{"list":"gaps/1","l":"` + strings.Repeat("x", 300) + `"}`,
	} {
		if _, err := decodePlace(base64.RawURLEncoding.EncodeToString([]byte(text)), listGaps); !errors.Is(err, store.ErrCursor) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestBoundsAreWholeMillisecondsThatTheDatabaseHolds(t *testing.T) {
	ms := time.Date(2026, 11, 24, 12, 0, 0, int(5*time.Millisecond), time.UTC)
	for _, c := range []struct{ from, want time.Time }{
		{time.Time{}, startOfTime},
		{time.Unix(-1, 0), startOfTime},
		{time.Unix(1<<60, 0), endOfTime},
		{ms, ms},
		{ms.In(time.FixedZone("", 3600)), ms},
		{ms.Add(1), ms.Add(time.Millisecond)},
		{ms.Add(-1), ms},
	} {
		if got, _ := bounds(store.Query{From: c.from}); got != c.want {
			t.Errorf("from %v: got %v, want %v", c.from, got, c.want)
		}
		if _, got := bounds(store.Query{To: c.from}); got != c.want && !c.from.IsZero() {
			t.Errorf("to %v: got %v, want %v", c.from, got, c.want)
		}
	}
	if _, to := bounds(store.Query{}); to != endOfTime {
		t.Errorf("no bound is %v", to)
	}
}

func TestStepsGoBackToTheRangesBeginning(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, c := range []struct {
		from, to time.Time
		want     []time.Time
	}{
		{startOfTime, endOfTime, []time.Time{now.Add(-2 * day), now.Add(-20 * day), startOfTime}},
		{now.Add(-day), endOfTime, []time.Time{now.Add(-day)}},
		{now.Add(-3 * day), endOfTime, []time.Time{now.Add(-2 * day), now.Add(-3 * day)}},
		{startOfTime, now.Add(-day), []time.Time{now.Add(-3 * day), now.Add(-21 * day), startOfTime}},
		{startOfTime, startOfTime.Add(day), []time.Time{startOfTime}},
		{now.Add(day), now, []time.Time{now.Add(day)}},
	} {
		got := cuts(c.from, c.to, now, windows)
		if len(got) != len(c.want) {
			t.Fatalf("from %v to %v: got %v", c.from, c.to, got)
		}
		for i := range got {
			if !got[i].Equal(c.want[i]) {
				t.Errorf("from %v to %v: got %v", c.from, c.to, got)
			}
		}
	}
}
