package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/web"
)

// FuzzRequest asks whatever comes: no answer is a 5xx, and every one of the API
// that is not a redirect is JSON.
func FuzzRequest(f *testing.F) {
	for _, id := range ids {
		f.Add(path(id, "/measurements"), "limit=2&from=2026-11-24T10:00:00Z")
		f.Add(path(id, "/gaps"), "after=eyJrIjoiZyJ9&location=ber1")
		f.Add(path(id, "/summary"), "from=9999-12-31T23:59:59.999999999Z&to=0001-01-01T00:00:00Z")
		f.Add(path(id, ""), "")
		f.Add(path(id, "/series"), "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999999999Z&step=1d")
		f.Add(path(id, "/incidents"), "limit=1&after=eyJrIjoiaSJ9")
		f.Add(path(id, "/measurements/2026-09-21T14:13:20.000Z"), "location=ber1")
		f.Add(path(id, "/export"), "kind=series&format=csv&step=1h")
	}
	f.Add("/api/v1/monitors", "limit=1000&after=eyJrIjoibSIsIm0iOiJzaG9wIiwibCI6ImJlcjEifQ")
	f.Add("/", "a;b")
	f.Add("//api//v1/../%2e%2e/monitors/%2f%00", "%zz=&&==")
	f.Add("*", "")
	h := web.New(web.Options{Store: filled(f)})
	f.Fuzz(func(t *testing.T, path, query string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || u.Host != "" || u.Scheme != "" {
			return
		}
		u.RawQuery = query
		r := &http.Request{Method: "GET", URL: u, Host: "monitorink.example", Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(t.Context()))
		got := w.Result()
		if got.StatusCode >= 500 {
			t.Errorf("%q?%q: %s", path, query, got.Status)
		}
		if strings.Contains(got.Header.Get("Content-Type"), "json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q?%q: %q is no JSON", path, query, w.Body)
		}
	})
}
