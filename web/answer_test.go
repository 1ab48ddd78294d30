package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/web"
)

func TestAnswerOfThePastMayBeKeptAndOfNowMayNot(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	ago := func(d time.Duration) string { return "to=" + url.QueryEscape(time.Now().Add(-d).Format(time.RFC3339)) }
	for _, p := range []string{"/summary", "/measurements", "/gaps", "/registrations", "/series", "/incidents"} {
		for query, want := range map[string]string{
			ago(61 * time.Minute): "private, max-age=300", ago(1000 * time.Hour): "private, max-age=300",
			ago(59 * time.Minute): "no-store", ago(-time.Hour): "no-store", "from=2026-11-01T00:00:00Z": "no-store", "": "no-store",
		} {
			r := ask(t, h, "GET", path("shop", p+"?"+query))
			if got := r.Header.Get("Cache-Control"); got != want || r.StatusCode != http.StatusOK || r.Header.Get("ETag") == "" {
				t.Errorf("%s?%s: got %s, %q and the tag %s, want %q", p, query, r.Status, got, r.Header.Get("ETag"), want)
			}
			if got := ask(t, h, "GET", path("nobody", p+"?"+query)).Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s?%s: an error may be kept: %q", p, query, got)
			}
		}
	}
	for p, want := range map[string]string{"/api/v1/openapi.json": "no-cache", "/api/v1/monitors": "no-store", path("shop", ""): "no-store", path("shop", "/export"): "no-store"} {
		if got := ask(t, h, "GET", p).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: got %q, want %q", p, got, want)
		}
	}
}

func TestClientThatHasTheAnswerIsToldSo(t *testing.T) {
	s := filled(t)
	h := web.New(web.Options{Store: s})
	target := path("shop", "/measurements?limit=1000")
	tag := ask(t, h, "GET", target).Header.Get("ETag")
	for has, want := range map[string]int{
		tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"other", ` + tag + ` , "more"`: 304, "*": 304,
		`"other"`: 200, `W/"other"`: 200, "": 200, strings.Trim(tag, `W/"`): 200,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := ask(t, h, method, target, "If-None-Match", has)
			if r.StatusCode != want || r.Header.Get("ETag") != tag || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s with %s: got %s %v, want %d", method, has, r.Status, r.Header, want)
			}
			if b := body(t, r); want == 304 && b != "" {
				t.Errorf("%s with %s: there is a body: %s", method, has, b)
			}
		}
	}
	if _, err := s.Save(t.Context(), []data.Event{measurement("shop", 99)}); err != nil {
		t.Fatal(err)
	}
	if r := ask(t, h, "GET", target, "If-None-Match", tag); r.StatusCode != http.StatusOK {
		t.Errorf("after a change: %s", r.Status)
	}
}
