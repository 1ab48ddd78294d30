package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func TestStripsHaveTheBucketsOfEachMonitor(t *testing.T) {
	s := newLive()
	for _, id := range ids {
		s.save(t, registration(id, 0), measurement(id, 0), measurement(id, 2), failed(id, 3), gap(id, 4, 6), measurement(id, 400))
	}
	other := measurement("shop", 1)
	other.Location = "nyc1"
	s.save(t, other)
	h := served(t, s)
	q := fmt.Sprintf("/api/v1/strips?step=1m&from=%s&to=%s", at(0).Format("2006-01-02T15:04:05Z"), at(402).Format("2006-01-02T15:04:05Z"))
	for _, id := range ids {
		q += "&monitor=" + url.QueryEscape(id)
	}
	got := get(t, h, q+"&monitor=shop&monitor=nobody")
	bucket := func(n ...any) any { return append([]any{}, n...) }
	var want []any
	for _, id := range ids {
		// at(0) is at second 20 of its minute.
		want = append(want, map[string]any{"monitor": id, "location": "ber1", "buckets": []any{
			bucket(0.0, 2.0, 1.0, 0.0, 2000.0), bucket(1.0, 0.0, 0.0, 3.0, nil), bucket(67.0, 1.0, 0.0, 0.0, 401000.0),
		}})
		if id == "shop" {
			want = append(want, map[string]any{"monitor": id, "location": "nyc1", "buckets": []any{bucket(0.0, 1.0, 0.0, 0.0, 2000.0)}})
		}
	}
	wantJSON(t, "items", got["items"], want)
	if got["step_us"] != 60e6 || got["from"] != at(-2).Format(time.RFC3339) || got["to"] != at(406).Format(time.RFC3339) {
		t.Errorf("of %v from %v to %v", got["step_us"], got["from"], got["to"])
	}
	if items := get(t, h, q+"&location=nyc1")["items"].([]any); len(items) != 1 {
		t.Errorf("at one location: %v", items)
	}
	if items := get(t, h, "/api/v1/strips")["items"].([]any); len(items) != 0 {
		t.Errorf("of none: %v", items)
	}
	// What was saved a moment ago is known, though the board has not seen it.
	if _, err := s.Save(t.Context(), []data.Event{measurement("later", 0)}); err != nil {
		t.Fatal(err)
	}
	if items := get(t, h, "/api/v1/strips?monitor=later")["items"].([]any); len(items) != 1 {
		t.Errorf("a new monitor: %v", items)
	}
}

func TestStripsOfTimeThatHasEndedMayBeKept(t *testing.T) {
	h := served(t, newLive())
	now := time.Now().UTC()
	for to, want := range map[string]string{
		now.Add(-2 * time.Hour).Format(time.RFC3339): "private, max-age=300",
		now.Format(time.RFC3339):                     "no-store",
	} {
		if got := ask(t, h, "GET", "/api/v1/strips?step=1m&to="+to).Header.Get("Cache-Control"); got != want {
			t.Errorf("to %s: %s, want %s", to, got, want)
		}
	}
	for step, length := range map[string]time.Duration{"1d": 90 * 24 * time.Hour, "1h": 24 * time.Hour, "1m": time.Hour} {
		got := get(t, h, "/api/v1/strips?step="+step)
		from, err := time.Parse(time.RFC3339, got["from"].(string))
		to, err2 := time.Parse(time.RFC3339, got["to"].(string))
		if err != nil || err2 != nil || to.Sub(from) != length || to.Before(now) {
			t.Errorf("%s: from %v to %v", step, got["from"], got["to"])
		}
	}
}

func TestWrongStripsAreRefused(t *testing.T) {
	h := served(t, newLive())
	for query, want := range map[string]string{
		"step=10s":                        "step is \"10s\": it must be 1d, 1h or 1m",
		strings.Repeat("&monitor=a", 101): "given at most 100 times",
		"step=1m&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z": "at most 400 steps before to",
		"from=2999-01-01T00:00:00Z":                                 "not after to",
		"from=0001-01-01T00:00:00Z":                                 "at most 400 steps",
		"to=tomorrow":                                               "RFC 3339",
	} {
		if got := problem(t, ask(t, h, "GET", "/api/v1/strips?"+query), http.StatusBadRequest); !strings.Contains(got, want) {
			t.Errorf("%s: %s", query, got)
		}
	}
}
