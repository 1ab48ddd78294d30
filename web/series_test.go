package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// A recorder answers series with buckets of its own, and keeps what it was asked.
type recorder struct {
	*memory.Store
	asked []store.SeriesQuery
	since func(step time.Duration) time.Time // nil: nothing has expired
}

func (c *recorder) Series(_ context.Context, q store.SeriesQuery) (store.Series, error) {
	c.asked = append(c.asked, q)
	if q.Monitor == "nobody" {
		return store.Series{}, store.ErrUnknown
	}
	b := store.Bucket{From: at(0), Up: 9, Down: 1, Gaps: map[data.Reason]int64{data.Stopped: 5}, Errors: map[data.ErrorKind]int64{data.ErrTimeout: 1}}
	for n := range 9 {
		b.Total.Add(time.Duration(n+1) * time.Millisecond)
		b.Phases[0].Add(time.Duration(n+1) * time.Microsecond)
	}
	out := store.Series{Buckets: []store.Bucket{b, {From: at(50), Gaps: map[data.Reason]int64{data.Paused: 6}}}, Tier: store.Minute}
	if c.since != nil {
		out.Since = c.since(q.Step)
	}
	return out, nil
}

func TestSeriesTellsBucketsAsPoints(t *testing.T) {
	h := web.New(web.Options{Store: &recorder{Store: filled(t)}})
	got := get(t, h, path("shop", "/series?from=2026-09-21T14:00:00Z&to=2026-09-21T15:00:00Z&step=1m"))
	items := got["items"].([]any)
	wantJSON(t, "first point", items[0], map[string]any{
		"from": "2026-09-21T14:13:20Z", "up": 9.0, "down": 1.0, "gaps": map[string]any{"stopped": 5.0}, "errors": map[string]any{"timeout": 1.0},
		"total":  map[string]any{"count": 9.0, "min_us": 1000.0, "mean_us": 5000.0, "max_us": 9000.0, "p50_us": 4919.0, "p95_us": 8964.0, "p99_us": 8964.0},
		"phases": map[string]any{"dns": map[string]any{"count": 9.0, "min_us": 1.0, "mean_us": 5.0, "max_us": 9.0, "p50_us": 5.0, "p95_us": 8.0, "p99_us": 8.0}},
	})
	wantJSON(t, "what nobody measured", items[1], map[string]any{
		"from": "2026-09-21T14:21:40Z", "up": 0.0, "down": 0.0, "gaps": map[string]any{"paused": 6.0}, "errors": map[string]any{}, "phases": map[string]any{},
	})
	if delete(got, "items"); true {
		wantJSON(t, "the series", got, map[string]any{"monitor": "shop", "from": "2026-09-21T14:00:00Z", "to": "2026-09-21T15:00:00Z", "step_us": 6e7, "tier": "minute"})
	}
}

func TestSeriesChoosesTheShortestStepOfFewPoints(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", time.Second},
		{"2026-01-01T00:00:00Z", "2026-01-01T00:08:20Z", time.Second},
		{"2026-01-01T00:00:00Z", "2026-01-01T00:08:20.001Z", 2 * time.Second},
		{"2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", 10 * time.Second},
		{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", 3 * time.Minute},
		{"2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z", 2 * time.Hour},
		{"2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", store.Day},
		{"2025-01-01T00:00:00Z", "2026-05-16T00:00:00Z", store.Day},
		{"2025-01-01T00:00:00Z", "2026-05-17T00:00:00Z", 2 * store.Day},
		{"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 7314 * store.Day},
		{"1969-12-31T23:59:59Z", "1970-01-01T00:08:20Z", 2 * time.Second},
	} {
		s := &recorder{Store: filled(t)}
		got := get(t, web.New(web.Options{Store: s}), path("shop", "/series?from="+c.from+"&to="+c.to))
		if s.asked[0].Step != c.want || got["step_us"] != float64(c.want.Microseconds()) {
			t.Errorf("%s to %s: got %v, told %v µs, want %v", c.from, c.to, s.asked[0].Step, got["step_us"], c.want)
		}
		if n := s.asked[0].To.Sub(s.asked[0].From) / s.asked[0].Step; n > 500 {
			t.Errorf("%s to %s: %d points", c.from, c.to, n)
		}
	}
}

func TestSeriesTakesACoarserTierWhereTheFinerHasExpired(t *testing.T) {
	s := &recorder{Store: filled(t), since: func(step time.Duration) time.Time {
		if step < time.Hour {
			return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		}
		return time.Time{}
	}}
	h := web.New(web.Options{Store: s})
	const day = "/series?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"
	if got := get(t, h, path("shop", day)); got["step_us"] != 3.6e9 || got["since"] != nil {
		t.Errorf("got %v, since %v", got["step_us"], got["since"])
	}
	if got := get(t, h, path("shop", day+"&step=5m")); got["step_us"] != 3e8 || got["since"] != "2026-01-01T12:00:00Z" {
		t.Errorf("with a step: got %v, since %v", got["step_us"], got["since"])
	}
	s.since = func(time.Duration) time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) }
	if got := get(t, h, path("shop", day)); got["step_us"] != 8.64e10 || got["since"] != "2026-01-01T12:00:00Z" {
		t.Errorf("where all has expired: got %v, since %v", got["step_us"], got["since"])
	}
}

func TestSeriesIsOfTheLastDayUnlessItIsSaid(t *testing.T) {
	for query, want := range map[string]time.Duration{"": store.Day, "?from=" + url.QueryEscape(time.Now().Add(-time.Hour).Format(time.RFC3339)): time.Hour} {
		s := &recorder{Store: filled(t)}
		got := get(t, web.New(web.Options{Store: s}), path("shop", "/series"+query))
		q := s.asked[0]
		if late := q.To.Sub(q.From) - want; late < 0 || late > 2*time.Minute || time.Until(q.To) > time.Minute || got["from"] == nil || got["to"] == nil {
			t.Errorf("%q: got %v to %v", query, q.From, q.To)
		}
	}
}

func TestBadStepIsToldWithWhatIsAllowed(t *testing.T) {
	h := web.New(web.Options{Store: &recorder{Store: filled(t)}})
	const year = "from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&"
	for query, want := range map[string]string{
		"step=0s": "such as 10s", "step=7s": "such as 10s", "step=90s": "such as 10s", "step=7m": "such as 10s", "step=5h": "such as 10s", "step=0d": "such as 10s", "step=-1m": "such as 10s",
		"step=": "such as 10s", "step=m": "such as 10s", "step=1": "such as 10s", "step=1w": "such as 10s", "step=1.5h": "such as 10s", "step=1h30m": "such as 10s",
		"step=99999d": "such as 10s", "step=99999999999999999999s": "such as 10s", "step=%F0%9F%99%82": "such as 10s", "step=+1h": "such as 10s",
		year + "step=1s":            "2h or more, or left out",
		year + "step=10m":           "2h or more, or left out",
		"from=2999-01-01T00:00:00Z": "not after to",
		"from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z&step=1d": "731d or more",
	} {
		if detail := problem(t, ask(t, h, "GET", path("shop", "/series?"+query)), http.StatusBadRequest); !strings.Contains(detail, want) {
			t.Errorf("%s: %s", query, detail)
		}
	}
	for _, step := range []string{"1s", "30s", "60s", "1m", "20m", "1h", "12h", "24h", "1d", "7d", "36500d"} {
		if r := ask(t, h, "GET", path("shop", "/series?from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z&step="+step)); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", step, r.Status)
		}
	}
}

func TestSlotTellsEveryAttemptAndTheGapsThatCoverIt(t *testing.T) {
	s := memory.New(memory.Options{})
	second, elsewhere := failed("shop", 1), measurement("shop", 1)
	second.Attempt, elsewhere.Location = 2, "nyc1"
	if _, err := s.Save(t.Context(), []data.Event{failed("shop", 1), second, elsewhere, measurement("shop", 2), gap("shop", 1, 3), measurement("a/b", 1)}); err != nil {
		t.Fatal(err)
	}
	h := web.New(web.Options{Store: s})
	slot := func(n int) string { return "/measurements/" + at(n).Format("2006-01-02T15:04:05.000Z") }
	wantJSON(t, "all", get(t, h, path("shop", slot(1))), map[string]any{
		"items": []any{plain(t, second), plain(t, failed("shop", 1)), plain(t, elsewhere)}, "gaps": []any{plain(t, gap("shop", 1, 3))},
	})
	wantJSON(t, "a location", get(t, h, path("shop", slot(1)+"?location=nyc1")), map[string]any{"items": []any{plain(t, elsewhere)}, "gaps": []any{}})
	wantJSON(t, "a gap", get(t, h, path("shop", slot(3))), map[string]any{"items": []any{}, "gaps": []any{plain(t, gap("shop", 1, 3))}})
	wantJSON(t, "a slash", get(t, h, path("a/b", slot(1))), map[string]any{"items": []any{plain(t, measurement("a/b", 1))}, "gaps": []any{}})
	for p, want := range map[string]int{
		path("shop", slot(9)): 404, path("nobody", slot(1)): 404, path("shop", "/measurements/now"): 400, path("shop", "/measurements/2026-09-21T14:13:20.0001Z"): 400,
		path("shop", "/measurements/"+fmt.Sprint(at(1).UnixMilli())): 400, path("shop", "/measurements/2026-09-21T14:13:20%2b00:00/x"): 404,
	} {
		problem(t, ask(t, h, "GET", p), want)
	}
}
