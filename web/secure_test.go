package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/web"
)

// protected checks the headers that every answer has, whatever it is.
func protected(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, parts := range map[string][]string{
		"Content-Security-Policy":      {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"},
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Permissions-Policy":           {"camera=()", "geolocation=()", "microphone=()"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Referrer-Policy":              {"no-referrer"},
	} {
		got := w.Header().Get(name)
		for _, part := range parts {
			badge, login := strings.HasPrefix(what, "a public badge"), strings.Contains(w.Body.String(), `action="./login"`)
			if name == "Cross-Origin-Resource-Policy" && badge {
				part = "cross-origin"
			}
			if name == "Referrer-Policy" && login {
				part = "same-origin" // by which it knows where to lead to afterwards
			}
			if !strings.Contains(got, part) || strings.Contains(got, "unsafe") || strings.Contains(got, "*") {
				t.Errorf("%s: %s is %q, want %s", what, name, got, part)
			}
		}
	}
	if w.Header().Get("Server")+w.Header().Get("X-Powered-By") != "" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: %v", what, w.Header())
	}
}

func TestAnswersOfEveryKindAreProtected(t *testing.T) {
	s := &window{now: time.Now()}
	s.shows("shop", "ber1", data.Up)
	h := web.New(web.Options{
		Store: s, Token: adminToken, ReadToken: readToken, Ending: closing(t), Status: web.StatusOptions{Labels: []string{"public:yes"}},
		Metrics: http.NotFoundHandler(), Reload: http.NotFoundHandler(), Ready: func() []web.Problem { return []web.Problem{{"store", "away"}} },
	})
	bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
	for _, c := range []struct {
		what, method, target string
		want                 int
		header               []string
	}{
		{"alive", "GET", "/livez", 200, nil},
		{"not ready", "GET", "/readyz", 503, nil},
		{"the public page", "GET", "/status", 200, nil},
		{"the public page in JSON", "GET", "/status.json", 200, nil},
		{"the public style", "GET", "/public.css", 200, nil},
		{"a public badge", "GET", "/badge/shop.svg", 200, nil},
		{"a public badge that is bad", "GET", "/badge/shop.svg?x=1", 400, nil},
		{"a form", "GET", "/login", 200, nil},
		{"a form in place of the page", "GET", "/", 401, []string{"Accept", "text/html"}},
		{"signed out", "POST", "/logout", 303, nil},
		{"the API without a token", "GET", "/api/v1/monitors", 401, nil},
		{"the API with a wrong token", "GET", "/api/v1/monitors", 401, bearer("wrong")},
		{"the API", "GET", "/api/v1/monitors", 200, bearer(readToken)},
		{"what is not in the API", "GET", "/api/nothing", 404, bearer(readToken)},
		{"a bad parameter", "GET", "/api/v1/monitors?x=1", 400, bearer(readToken)},
		{"the page", "GET", "/", 200, bearer(readToken)},
		{"metrics", "GET", "/metrics", 404, bearer(readToken)},
		{"what may not be changed", "POST", "/-/reload", 403, bearer(readToken)},
		{"another site", "POST", "/-/reload", 403, append(bearer(adminToken), "Origin", "https://evil.example")},
		{"a reload", "POST", "/-/reload", 404, bearer(adminToken)},
		{"a method", "PUT", "/livez", 405, nil},
		{"a path that is cleaned", "GET", "/x/../livez", 307, nil},
	} {
		r := httptest.NewRequest(c.method, c.target, nil)
		for i := 0; i < len(c.header); i += 2 {
			r.Header.Set(c.header[i], c.header[i+1])
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.what, w.Code, c.want)
		}
		protected(t, c.what, w)
	}
}
