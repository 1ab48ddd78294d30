package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// ids are monitors that a path must not trip over.
var ids = []string{"shop", "a/b", "a/", "a//b", `"quoted" 'id'`, "🙂 日本", "<script>alert(1)</script>", "50%", "a?b=c#d", "a+b", "..."}

// at is the instant of the n-th slot.
func at(n int) time.Time { return time.UnixMilli(1_790_000_000_000 + int64(n)*10_000).UTC() }

func measurement(monitor string, n int) *data.Measurement {
	return &data.Measurement{
		Monitor: monitor, Location: "ber1", Instance: "i", Version: "v", Scheduled: at(n), Attempt: 1, State: data.Up,
		Started: at(n), Method: "GET", URL: "https://shop.example/", HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/1.1", BodyBytes: -1},
		Phases: data.Phases{Total: data.SpanOf(time.Duration(n+1) * time.Millisecond)},
	}
}

func failed(monitor string, n int) *data.Measurement {
	m := measurement(monitor, n)
	m.State, m.Error = data.Down, &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer <b>"}
	return m
}

func gap(monitor string, first, last int) *data.Gap {
	return &data.Gap{Monitor: monitor, Location: "ber1", First: at(first), Last: at(last), Slots: int64(last-first) + 1, Reason: data.Stopped}
}

func registration(monitor string, n int) *data.Registration {
	return &data.Registration{
		Monitor: monitor, Location: "ber1", From: at(n), Schedule: data.Schedule{Every: data.Duration(10 * time.Second)},
		Timeout: 5 * time.Second, Method: "GET", URL: "https://shop.example/", Labels: map[string]string{"team": "web"},
	}
}

// filled holds, for each of ids: slots 0 to 9 measured, of which the last is down,
// 10 to 14 missing, and two registrations.
func filled(t testing.TB) *memory.Store {
	t.Helper()
	s := memory.New(memory.Options{})
	for _, id := range ids {
		events := []data.Event{gap(id, 10, 14), registration(id, 0), registration(id, 5), failed(id, 9)}
		for n := range 9 {
			events = append(events, measurement(id, n))
		}
		if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
			t.Fatalf("save: refused %v, error %v", refused, err)
		}
	}
	return s
}

// ask is what h answers, which is as the document says; target is a path and a query.
func ask(t testing.TB, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	if r.URL.Path == "/api/v1/events" && method == "GET" { // it has no end of its own
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		h.ServeHTTP(&untilFlushed{w, cancel}, r.WithContext(ctx))
	} else {
		h.ServeHTTP(w, r)
	}
	check(t, r, w.Result(), w.Body.Bytes())
	return w.Result()
}

// An untilFlushed client goes once it has something.
type untilFlushed struct {
	*httptest.ResponseRecorder
	leave func()
}

func (u *untilFlushed) Flush() {
	u.ResponseRecorder.Flush()
	u.leave()
}

// record is what h answers to GET.
func record(h http.Handler, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	return w
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// get wants 200 and JSON, and returns it.
func get(t testing.TB, h http.Handler, target string) map[string]any {
	t.Helper()
	r := ask(t, h, "GET", target)
	b := body(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s: got %s, %s: %s", target, r.Status, r.Header.Get("Content-Type"), b)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(b), &out); err != nil {
		t.Fatalf("%s: %v in %s", target, err, b)
	}
	return out
}

// problem wants problem details of that code, and returns their detail.
func problem(t testing.TB, r *http.Response, code int) string {
	t.Helper()
	b := body(t, r)
	var p struct {
		Type, Title, Detail, Instance string
		Status                        int
	}
	err := json.Unmarshal([]byte(b), &p)
	_, uri := url.Parse(p.Instance)
	if err != nil || uri != nil || r.StatusCode != code || p.Status != code || p.Title != http.StatusText(code) || p.Detail == "" || p.Type == "" {
		t.Errorf("got %s, want problem details of %d: %s (%v)", r.Status, code, b, err)
	}
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("a problem comes as %q", got)
	}
	return p.Detail
}

func TestLivezAnswersWhateverReadyzSays(t *testing.T) {
	var problems []web.Problem
	ready := func() []web.Problem { return problems }
	for name, h := range map[string]http.Handler{
		"Health": web.Health(web.HealthOptions{Ready: ready, Token: "secret"}),
		"New":    web.New(web.Options{Store: memory.New(memory.Options{}), Ready: ready, Token: "secret"}),
	} {
		t.Run(name, func(t *testing.T) {
			problems = nil
			if got := get(t, h, "/readyz")["status"]; got != "ready" {
				t.Errorf("without problems it is %v", got)
			}
			problems = []web.Problem{{"queue", "it is full"}, {"store", "it does not answer"}}
			r := ask(t, h, "GET", "/readyz")
			b := body(t, r)
			if r.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("with problems: got %s", r.Status)
			}
			for _, p := range problems {
				if !strings.Contains(b, p.Name) || !strings.Contains(b, p.Message) {
					t.Errorf("%v is not in %s", p, b)
				}
			}
			if got := get(t, h, "/livez")["status"]; got != "alive" {
				t.Errorf("it is %v", got)
			}
		})
	}
}

func TestTokenGuardsAllButHealth(t *testing.T) {
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "figures") })
	store := filled(t)
	guarded := []string{
		"/api/v1/monitors", "/api/v1/monitors/shop", "/api/v1/monitors/nobody", "/api/v1/monitors/shop/measurements", "/api/v1/monitors/shop/gaps",
		"/api/v1/monitors/shop/registrations", "/api/v1/monitors/shop/summary", "/api/v1/monitors?limit=0", "/api/v2", "/metrics", "/", "/app.js", "/nothing",
	}
	var h http.Handler
	for _, path := range guarded {
		h = web.New(web.Options{Store: store, Metrics: metrics, Token: "s3cret"}) // anew: it bears a few wrong tokens
		for _, shown := range []string{"", "Bearer ", "Bearer s3cre", "Bearer s3crett", "Bearer  s3cret", "Basic s3cret", "s3cret"} {
			r := ask(t, h, "GET", path, "Authorization", shown)
			detail := problem(t, r, http.StatusUnauthorized)
			if !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") || !strings.Contains(detail, "MONITORINK_TOKEN") || strings.Contains(detail, "s3c") {
				t.Errorf("%s with %q: %v, %s", path, shown, r.Header, detail)
			}
		}
		if r := ask(t, h, "GET", path, "Authorization", "bearer s3cret"); r.StatusCode == http.StatusUnauthorized {
			t.Errorf("%s: the scheme is not taken in small letters", path)
		}
		if r := ask(t, h, "GET", path, "Authorization", "Bearer s3cret"); r.StatusCode == http.StatusUnauthorized {
			t.Errorf("%s with the token: %s", path, r.Status)
		}
	}
	for _, path := range []string{"/livez", "/readyz"} {
		if r := ask(t, h, "GET", path); r.StatusCode != http.StatusOK {
			t.Errorf("%s without a token: %s", path, r.Status)
		}
	}
	health := web.Health(web.HealthOptions{Metrics: metrics, Token: "s3cret"})
	problem(t, ask(t, health, "GET", "/metrics"), http.StatusUnauthorized)
	if r := ask(t, web.Health(web.HealthOptions{Metrics: metrics}), "GET", "/metrics"); body(t, r) != "figures" {
		t.Errorf("metrics without a guard: %s", r.Status)
	}
}

func TestEveryAnswerHasTheHeadersThatProtectABrowser(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for _, path := range []string{"/", "/app.js", "/nothing", "/livez", "/api/v1/monitors", "/api/v1/monitors?x=1", "/api/nothing"} {
		head := ask(t, h, "GET", path).Header
		if csp := head.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: got %v", path, head)
		}
		if strings.HasPrefix(path, "/api") && head.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached: %v", path, head)
		}
	}
}

func TestOnlyGetAndHeadAreAllowed(t *testing.T) {
	h := web.New(web.Options{Store: filled(t), Metrics: http.NotFoundHandler()})
	for _, path := range []string{"/", "/app.js", "/livez", "/readyz", "/metrics", "/api/v1/monitors", "/api/v1/monitors/shop", "/api/v1/monitors/shop/gaps", "/api/v1/monitors/a%2Fb/summary"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"} {
			r := ask(t, h, method, path)
			if method != "OPTIONS" {
				problem(t, r, http.StatusMethodNotAllowed)
			} else if r.StatusCode != http.StatusNoContent || body(t, r) != "" || r.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("OPTIONS %s: %s %v", path, r.Status, r.Header)
			}
			allow := strings.Split(r.Header.Get("Allow"), ", ")
			if slices.Sort(allow); !slices.Equal(allow, []string{"GET", "HEAD", "OPTIONS"}) {
				t.Errorf("%s %s: allowed are %q", method, path, allow)
			}
		}
		if r := ask(t, h, "HEAD", path); path != "/metrics" && r.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s: %s", path, r.Status)
		}
	}
}
