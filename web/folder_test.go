package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

var addresses = regexp.MustCompile(`(?:href|src|action)="([^"#]+)"`)

// A proxy may serve all this at https://tools.example/monitorink/, and take the folder
// away from what it passes on.
func TestEveryAddressStaysInTheFolderOfAProxy(t *testing.T) {
	s := &window{now: time.Now()}
	s.shows("shop", "ber1", data.Up)
	s.shows("down", "ber1", data.Down)
	s.incidents = map[string][]store.Incident{}
	for i := range 60 { // so many that the page links to those that it leaves out
		began := s.now.Add(time.Duration(-i) * time.Hour)
		s.incidents["down"] = append(s.incidents["down"], store.Incident{Monitor: "down", Location: "ber1", From: began, To: began.Add(time.Minute), Last: began, Down: 1})
	}
	served := statusPage(t, s)
	h := http.StripPrefix("/tools/monitorink", served)
	_, c := signIn(t, served, adminToken)
	signedIn := []string{"Accept", "text/html", "Cookie", c.Name + "=" + c.Value}
	stays := func(page, address string) {
		base, _ := url.Parse("http://example.com" + page)
		u, err := base.Parse(strings.ReplaceAll(address, "&amp;", "&"))
		if err != nil || !strings.HasPrefix(u.Path, "/tools/monitorink/") {
			t.Errorf("%s leads to %s, %v", page, address, err)
		}
		if r := ask(t, h, "GET", u.RequestURI(), signedIn...); r.StatusCode != http.StatusOK && r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s leads to %s: %s", page, address, r.Status)
		}
	}
	for _, path := range []string{"/", "/login", "/status", "/api/v1/monitors", "/api/v1/monitors/a%2Fb/series?x=1", "/metrics"} {
		for _, headers := range [][]string{signedIn[:2], signedIn} {
			page := "/tools/monitorink" + path
			b := body(t, ask(t, h, "GET", page, headers...))
			found := addresses.FindAllStringSubmatch(b, -1)
			for _, a := range found {
				stays(page, a[1])
			}
			if len(found) < 2 && strings.Contains(b, "<!doctype") {
				t.Errorf("%s has no addresses: %s", page, b)
			}
		}
	}
	for _, path := range []string{"/tools/monitorink/login", "/tools/monitorink/logout"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", path, strings.NewReader("token="+adminToken))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		h.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, w.Code)
		}
		stays(path, w.Header().Get("Location"))
	}
}
