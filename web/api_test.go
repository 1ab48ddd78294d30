package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// plain is an event as an API's reader sees it.
func plain(t *testing.T, e data.Event) any {
	t.Helper()
	b, err := data.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func path(id, rest string) string { return "/api/v1/monitors/" + url.PathEscape(id) + rest }

func wantJSON(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		t.Errorf("%s:\ngot  %s\nwant %s", what, g, w)
	}
}

// walk reads a list to its end.
func walk(t *testing.T, h http.Handler, target string) (items []any) {
	t.Helper()
	for after := ""; ; {
		page := get(t, h, target+after)
		list, ok := page["items"].([]any)
		if !ok {
			t.Fatalf("%s: items is %v", target, page["items"])
		}
		items = append(items, list...)
		next, more := page["next"].(string)
		if !more {
			return items
		}
		if len(items) > 1000 {
			t.Fatalf("%s has no end", target)
		}
		after = "&after=" + url.QueryEscape(next)
	}
}

func TestEveryPathAnswersForEveryID(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for _, id := range ids {
		status := map[string]any{
			"monitor": id, "location": "ber1", "state": "down",
			"registration": plain(t, registration(id, 5)), "last": plain(t, failed(id, 9)), "last_gap": plain(t, gap(id, 10, 14)),
		}
		wantJSON(t, id, get(t, h, path(id, "")), map[string]any{"monitor": id, "locations": []any{status}})

		measurements := []any{plain(t, failed(id, 9))}
		for n := 8; n >= 0; n-- {
			measurements = append(measurements, plain(t, measurement(id, n)))
		}
		wantJSON(t, id+" measurements", get(t, h, path(id, "/measurements")), map[string]any{"items": measurements})
		for _, limit := range []int{1, 3, 10} {
			wantJSON(t, id+" pages", walk(t, h, path(id, fmt.Sprintf("/measurements?limit=%d", limit))), measurements)
		}
		wantJSON(t, id+" gaps", get(t, h, path(id, "/gaps")), map[string]any{"items": []any{plain(t, gap(id, 10, 14))}})
		wantJSON(t, id+" registrations", walk(t, h, path(id, "/registrations?limit=1")), []any{plain(t, registration(id, 5)), plain(t, registration(id, 0))})
		wantJSON(t, id+" summary", get(t, h, path(id, "/summary")), map[string]any{
			"monitor": id, "up": 9.0, "down": 1.0, "gaps": map[string]any{"stopped": 5.0}, "uptime": 0.9, "coverage": 10.0 / 15,
			"latency": map[string]any{"min_us": 1000.0, "mean_us": 5000.0, "max_us": 9000.0},
		})
	}
	seen := map[any]bool{}
	for _, limit := range []int{1, 4, 100} {
		list := walk(t, h, fmt.Sprintf("/api/v1/monitors?limit=%d", limit))
		if len(list) != len(ids) {
			t.Errorf("limit %d: %d monitors, want %d", limit, len(list), len(ids))
		}
		for _, m := range list {
			seen[m.(map[string]any)["monitor"]] = true
		}
	}
	for _, id := range ids {
		if !seen[id] {
			t.Errorf("%q is not listed", id)
		}
	}
}

func TestFromIsInclusiveAndToExclusive(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	when := func(n int) string { return url.QueryEscape(at(n).Format("2006-01-02T15:04:05.999Z07:00")) }
	for _, c := range []struct {
		query                    string
		measurements, gaps, down int
	}{
		{"from=" + when(2) + "&to=" + when(5), 3, 0, 0},
		{"from=" + when(9), 1, 1, 1},
		{"to=" + when(9), 9, 0, 0},
		{"from=" + when(14) + "&to=" + when(15), 0, 1, 0},
		{"from=" + when(15), 0, 0, 0},
		{"to=" + when(10), 10, 0, 1},
		{"from=" + when(3) + "&to=" + when(3), 0, 0, 0},
		{"location=ber1", 10, 1, 1},
		{"location=nowhere", 0, 0, 0},
	} {
		got := []int{len(walk(t, h, path("shop", "/measurements?limit=2&"+c.query))), len(walk(t, h, path("shop", "/gaps?limit=2&"+c.query)))}
		sum := get(t, h, path("shop", "/summary?"+c.query))
		measured := sum["up"].(float64) + sum["down"].(float64)
		if got[0] != c.measurements || got[1] != c.gaps || int(sum["down"].(float64)) != c.down || int(measured) != c.measurements {
			t.Errorf("%s: got %d measurements, %d gaps, %v; want %+v", c.query, got[0], got[1], sum, c)
		}
		if from, _ := sum["from"].(string); strings.HasPrefix(c.query, "from=") != (from != "") {
			t.Errorf("%s: the summary's from is %q", c.query, from)
		}
	}
	// An offset says the same instant.
	local := get(t, h, path("shop", "/measurements?from="+url.QueryEscape(at(9).Format("2006-01-02T15:04:05")+"+00:00")))
	if n := len(local["items"].([]any)); n != 1 {
		t.Errorf("with an offset: %d measurements", n)
	}
}

func TestStateTellsPausedRemovedAndUnknown(t *testing.T) {
	s := memory.New(memory.Options{})
	paused := registration("b-paused", 0)
	paused.Paused = true
	removed := &data.Registration{Monitor: "c-removed", Location: "ber1", From: at(1), Removed: true}
	if _, err := s.Save(t.Context(), []data.Event{registration("a-unknown", 0), paused, measurement("b-paused", 0), removed, measurement("c-removed", 0), measurement("d-up", 0)}); err != nil {
		t.Fatal(err)
	}
	for i, m := range walk(t, web.New(web.Options{Store: s}), "/api/v1/monitors?limit=9") {
		m := m.(map[string]any)
		if _, want, _ := strings.Cut(m["monitor"].(string), "-"); m["state"] != want {
			t.Errorf("monitor %d: got %v, want %s", i, m["state"], want)
		}
	}
	empty := ask(t, web.New(web.Options{Store: memory.New(memory.Options{})}), "GET", "/api/v1/monitors")
	if got := body(t, empty); got != `{"items":[]}`+"\n" {
		t.Errorf("an empty store lists %s", got)
	}
}

func TestNothingIsNotFound(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for _, p := range []string{
		"/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/monitors/", "/api/v1/monitors/nobody", "/api/v1/monitors/SHOP", "/api/v1/monitors/nobody/gaps",
		"/api/v1/monitors/nobody/measurements", "/api/v1/monitors/nobody/registrations", "/api/v1/monitors/nobody/summary",
		"/api/v1/monitors/shop/", "/api/v1/monitors/shop/nothing", "/api/v1/monitors/a/b", "/api/v1/monitors/%00", "/api/v1/monitors/%FF", "/api/v2/monitors",
	} {
		r := ask(t, h, "GET", p)
		if r.StatusCode == http.StatusMovedPermanently || r.StatusCode == http.StatusTemporaryRedirect {
			r = ask(t, h, "GET", r.Header.Get("Location"))
		}
		if detail := problem(t, r, http.StatusNotFound); !strings.Contains(detail, "/api/v1/monitors") {
			t.Errorf("%s: %s", p, detail)
		}
	}
}

// A broken store fails every question.
type broken struct{ err error }

func (b broken) Monitors(context.Context, store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	return store.Page[store.MonitorStatus]{}, b.err
}
func (b broken) Monitor(context.Context, string) ([]store.MonitorStatus, error) { return nil, b.err }
func (b broken) Measurements(context.Context, store.Query) (store.Page[*data.Measurement], error) {
	return store.Page[*data.Measurement]{}, b.err
}
func (b broken) Gaps(context.Context, store.Query) (store.Page[*data.Gap], error) {
	return store.Page[*data.Gap]{}, b.err
}
func (b broken) Registrations(context.Context, store.Query) (store.Page[*data.Registration], error) {
	return store.Page[*data.Registration]{}, b.err
}
func (b broken) Summary(context.Context, store.Query) (store.Summary, error) {
	return store.Summary{}, b.err
}
func (b broken) Incidents(context.Context, store.Query) (store.Page[store.Incident], error) {
	return store.Page[store.Incident]{}, b.err
}
func (b broken) Series(context.Context, store.SeriesQuery) (store.Series, error) {
	return store.Series{}, b.err
}
func (b broken) Strips(context.Context, store.StripQuery) ([][]store.Bucket, error) {
	return nil, b.err
}
func (b broken) Changes(context.Context, string) (store.Changes, error) {
	return store.Changes{}, b.err
}
func (b broken) Lag(context.Context) (store.Lag, error) { return store.Lag{}, b.err }

func TestStoreThatFailsIsLoggedAndNotShown(t *testing.T) {
	var log bytes.Buffer
	h := web.New(web.Options{Store: broken{err: errors.New("password=hunter2 refused")}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	detail := problem(t, ask(t, h, "GET", "/api/v1/monitors"), http.StatusServiceUnavailable)
	if strings.Contains(detail, "hunter2") || !strings.Contains(log.String(), "refused") {
		t.Errorf("told %q, logged %q", detail, log.String())
	}
}
