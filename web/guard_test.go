package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

const (
	adminToken = "admin-5f2c81d09e"
	readToken  = "reader-77aa41c3d2"
)

// guarded asks for tokens, and counts what it refuses.
func guarded(t testing.TB) (http.Handler, map[string]int) {
	t.Helper()
	refused := map[string]int{}
	return web.New(web.Options{
		Store: memory.New(memory.Options{}), Token: adminToken, ReadToken: readToken, Refused: func(reason string) { refused[reason]++ },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "figures") }),
		Reload:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "reloaded") }),
	}), refused
}

func TestBrowserMayShowTheTokenAsAPassword(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{}), Token: "secret"})
	for _, c := range []struct {
		password string
		want     int
	}{{"secret", 200}, {"Secret", 401}, {"", 401}} {
		for _, path := range []string{"/", "/api/v1/monitors"} {
			r := httptest.NewRequest("GET", path, nil)
			r.SetBasicAuth("anybody", c.password)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("GET %s with the password %q: %d, want %d", path, c.password, w.Code, c.want)
			}
		}
	}
}

func TestTheReadTokenChangesNothing(t *testing.T) {
	h, refused := guarded(t)
	for _, path := range []string{"/", "/api/v1/monitors", "/metrics"} {
		for _, token := range []string{readToken, adminToken} {
			if r := ask(t, h, "GET", path, "Authorization", "Bearer "+token); r.StatusCode != http.StatusOK {
				t.Errorf("%s with %s: %s", path, token, r.Status)
			}
		}
	}
	if got := problem(t, ask(t, h, "POST", "/-/reload", "Authorization", "Bearer "+readToken), http.StatusForbidden); !strings.Contains(got, "MONITORINK_TOKEN") {
		t.Errorf("the reader is told %q", got)
	}
	if r := ask(t, h, "POST", "/-/reload", "Authorization", "Bearer "+adminToken); body(t, r) != "reloaded" {
		t.Errorf("the admin may not reload: %s", r.Status)
	}
	if refused["role"] != 1 || len(refused) != 1 {
		t.Errorf("refused: %v", refused)
	}
}

func TestATokenInAURLIsRefusedAndNotRepeated(t *testing.T) {
	h, _ := guarded(t)
	for _, token := range []string{adminToken, readToken} {
		for _, path := range []string{"/api/v1/monitors?token=" + token, "/api/v1/monitors?" + token, "/" + token, "/api/v1/monitors/" + token, "/api/v1/monitors?limit=%" + fmt.Sprintf("%x", token[0]) + token[1:]} {
			r := ask(t, h, "GET", path, "Authorization", "Bearer "+adminToken)
			if b := body(t, r); r.StatusCode != http.StatusBadRequest || strings.Contains(b, token) || !strings.Contains(b, "Authorization") {
				t.Errorf("%s: %s, %s", path, r.Status, b)
			}
			// Who has shown none learns nothing: the answer is that to any other.
			if r := ask(t, h, "GET", path); r.StatusCode != http.StatusUnauthorized || strings.Contains(body(t, r), token) {
				t.Errorf("%s without a token: %s", path, r.Status)
			}
		}
	}
}

// from asks as a client at an address, with a token.
func from(h http.Handler, address, token string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/api/v1/monitors", nil)
	r.RemoteAddr = address
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoGuessesIsSlowedDownAndNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, refused := guarded(t)
		guesses := 0
		for i := range 1000 {
			if w := from(h, fmt.Sprintf("[2001:db8::%x]:1234", i+1), "guess"); w.Code == http.StatusUnauthorized {
				guesses++
			} else if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
				t.Fatalf("a guess: %d, %v", w.Code, w.Header())
			}
		}
		if guesses != 20 || refused["token"] != 20 || refused["throttled"] != 980 {
			t.Errorf("%d guesses were answered; refused: %v", guesses, refused)
		}
		if w := from(h, "[2001:db8::1]:1", adminToken); w.Code != http.StatusTooManyRequests {
			t.Errorf("a right guess after too many wrong ones: %d", w.Code)
		}
		for _, other := range []string{"[2001:db8:0:1::1]:1", "192.0.2.7:1", "127.0.0.1:1"} {
			if w := from(h, other, adminToken); w.Code != http.StatusOK {
				t.Errorf("%s is kept out by another: %d", other, w.Code)
			}
		}
		time.Sleep(2 * time.Minute)
		if w := from(h, "[2001:db8::1]:1", adminToken); w.Code != http.StatusOK {
			t.Errorf("two minutes later: %d", w.Code)
		}
	})
}

func TestGuessesAtTheQueueCountAsThoseElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := map[string]int{}
		h := web.Health(web.HealthOptions{
			Token: adminToken, ReadToken: readToken, Refused: func(reason string) { refused[reason]++ },
			Queue: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }), // as it asks for the token itself
		})
		try := func(path, address, token string) int {
			r := httptest.NewRequest("POST", path, nil)
			r.RemoteAddr = address
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		for i := range 100 {
			for _, path := range []string{"/queue/sessions", "/-/reload"} {
				if got := try(path, "192.0.2.7:1", "guess"); (got == http.StatusTooManyRequests) != (i >= 10) {
					t.Fatalf("guess %d at %s: %d", i, path, got)
				}
			}
		}
		if refused["token"] != 20 || refused["throttled"] != 180 {
			t.Errorf("refused: %v", refused)
		}
		for _, token := range []string{"", readToken, adminToken} { // the queue decides
			if got := try("/queue/sessions", "192.0.2.8:1", token); got != http.StatusTeapot {
				t.Errorf("with %q: %d", token, got)
			}
		}
	})
}

func TestAProxyOnThisMachineSaysWhoGuesses(t *testing.T) {
	h, _ := guarded(t)
	for range 30 {
		from(h, "127.0.0.1:1", "guess", "X-Forwarded-For", "203.0.113.9, 198.51.100.1")
		from(h, "192.0.2.1:1", "guess", "X-Forwarded-For", "198.51.100.3") // whoever says so, it is he
	}
	for _, c := range []struct {
		address, forwarded string
		want               int
	}{
		{"127.0.0.1:1", "198.51.100.1", 429}, {"127.0.0.1:1", "203.0.113.9", 200}, {"[::1]:1", "198.51.100.2", 200},
		{"127.0.0.1:1", "", 200}, {"192.0.2.1:1", "198.51.100.4", 429}, {"127.0.0.1:1", "198.51.100.3", 200},
	} {
		if w := from(h, c.address, adminToken, "X-Forwarded-For", c.forwarded); w.Code != c.want {
			t.Errorf("%s for %s: %d, want %d", c.address, c.forwarded, w.Code, c.want)
		}
	}
}

func TestWhatAnotherSiteSendsIsRefused(t *testing.T) {
	h, refused := guarded(t)
	open := web.New(web.Options{Store: memory.New(memory.Options{}), Reload: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "reloaded") })})
	for name, header := range map[string][]string{
		"another site":  {"Sec-Fetch-Site", "cross-site"},
		"a sister site": {"Sec-Fetch-Site", "same-site"},
		"another host":  {"Origin", "https://evil.example"},
		"a sandbox":     {"Origin", "null"},
	} {
		problem(t, ask(t, open, "POST", "/-/reload", header...), http.StatusForbidden)
		problem(t, ask(t, h, "POST", "/-/reload", append(header, "Authorization", "Bearer "+adminToken)...), http.StatusForbidden)
		problem(t, ask(t, h, "POST", "/login", header...), http.StatusForbidden)
		if r := ask(t, open, "GET", "/api/v1/monitors", header...); r.StatusCode != http.StatusOK {
			t.Errorf("%s may not follow a link: %s", name, r.Status)
		}
	}
	for name, header := range map[string][]string{"no browser": nil, "our own page": {"Sec-Fetch-Site", "same-origin"}, "the same host": {"Origin", "http://example.com"}} {
		if r := ask(t, open, "POST", "/-/reload", header...); body(t, r) != "reloaded" {
			t.Errorf("%s may not reload: %s", name, r.Status)
		}
	}
	if refused["origin"] != 8 {
		t.Errorf("refused: %v", refused)
	}
}

func TestWithoutATokenOnlyThisMachinesNamesWillDo(t *testing.T) {
	refused := 0
	o := web.Options{Store: memory.New(memory.Options{}), Hosts: web.Loopback("monitor.home.example"), Refused: func(string) { refused++ }}
	open := web.New(o)
	o.Token = adminToken
	closed := web.New(o)
	for host, will := range map[string]bool{
		"localhost": true, "LocalHost:8080": true, "localhost.": true, "127.0.0.1": true, "127.9.9.9:8080": true, "[::1]": true, "[::1]:8080": true, "[::ffff:127.0.0.1]:80": true,
		"monitor.home.example": true, "Monitor.Home.example:8080": true,
		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "10.0.0.1": false, "0.0.0.0:8080": false, "": false, "[::]": false,
	} {
		for _, path := range []string{"/", "/api/v1/monitors", "/nothing"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			open.ServeHTTP(w, r)
			if got := w.Code != http.StatusMisdirectedRequest; got != will {
				t.Errorf("Host: %s at %s: %d", host, path, w.Code)
			}
			if !will && !strings.Contains(w.Body.String(), "MONITORINK_HOSTS") {
				t.Errorf("Host: %s: %s", host, w.Body)
			}
			r.Header.Set("Authorization", "Bearer "+adminToken)
			w = httptest.NewRecorder()
			if closed.ServeHTTP(w, r); w.Code == http.StatusMisdirectedRequest {
				t.Errorf("Host: %s with a token: %d", host, w.Code)
			}
		}
	}
	if refused == 0 {
		t.Error("nobody counts")
	}
	only := web.OnlyHosts(web.Loopback(), http.NotFoundHandler())
	problem(t, ask(t, only, "GET", "/"), http.StatusMisdirectedRequest) // example.com
}
