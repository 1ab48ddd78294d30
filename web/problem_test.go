package web_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// browser is what one sends where a person opens an address.
var browser = []string{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

func TestAPersonIsToldByAPageAndAProgramByAProblem(t *testing.T) {
	open := web.New(web.Options{Store: memory.New(memory.Options{})})
	elsewhere := web.New(web.Options{Store: memory.New(memory.Options{}), Hosts: web.Loopback()})
	away := &window{now: time.Now()}
	away.shows("shop", "ber1", data.Up)
	away.fail(errors.New("away"))
	for _, c := range []struct {
		h            http.Handler
		method, path string
		code         int
		says         string
	}{
		{open, "GET", "/nothing", 404, "There is nothing at this path."},
		{open, "GET", "/nothing/<b>/here", 404, `href="../../public.css"`},
		{open, "GET", "/nothing", 404, `<a href="./">To the monitors</a>`},
		{web.Health(web.HealthOptions{}), "GET", "/", 404, "There is nothing at this path."},
		{open, "POST", "/", 405, "Only GET and HEAD are allowed here."},
		{elsewhere, "GET", "/", 421, "and not to the name example.com"},
		{statusPage(t, away), "GET", "/status", 503, "The status is not known at the moment; try again later."},
	} {
		path := strings.NewReplacer("<", "%3C", ">", "%3E").Replace(c.path)
		r := ask(t, c.h, c.method, path, browser...)
		page := body(t, r)
		if r.StatusCode != c.code || r.Header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(page, c.says) || strings.Contains(page, "b>") {
			t.Errorf("%s %s in a browser: %s, %s: %s", c.method, c.path, r.Status, r.Header.Get("Content-Type"), page)
		}
		problem(t, ask(t, c.h, c.method, path, "Accept", "*/*"), c.code)
		problem(t, ask(t, c.h, c.method, path), c.code)
	}
}

func TestWhatTheDocumentDescribesIsJSONInABrowserToo(t *testing.T) {
	away := &window{now: time.Now()}
	away.fail(errors.New("away"))
	h := web.New(web.Options{Store: away, Ending: closing(t), Status: web.StatusOptions{Labels: []string{"public:yes"}}})
	for path, code := range map[string]int{"/api/v1/nothing": 404, "/api/v1/monitors?limit=x": 400, "/badge/shop.png": 404, "/status.json": 503} {
		problem(t, ask(t, h, "GET", path, browser...), code)
	}
}

func TestWhoIsThrottledKeepsTheForm(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{}), Token: adminToken})
	for range 30 {
		ask(t, h, "GET", "/metrics", "Authorization", "Bearer wrong")
	}
	r, _ := signIn(t, h, "wrong", browser...)
	if page := body(t, r); r.StatusCode != 429 || r.Header.Get("Retry-After") == "" || !strings.Contains(page, "Too many wrong tokens came from this address: try again in ") || !strings.Contains(page, `name="token"`) {
		t.Errorf("in a browser: %s: %s", r.Status, page)
	}
	r, _ = signIn(t, h, "wrong")
	problem(t, r, 429)
}
