package web_test

import (
	"encoding/json"
	"encoding/xml"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/web"
)

// An image is what a badge must be to be shown.
type image struct {
	XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
	Width   int      `xml:"width,attr"`
	Role    string   `xml:"role,attr"`
	Title   string   `xml:"title"`
	Label   string   `xml:"aria-label,attr"`
	Rect    struct {
		Fill string `xml:"fill,attr"`
	} `xml:"rect"`
	Texts []struct {
		Text string `xml:",chardata"`
		X    int    `xml:"x,attr"`
		Long int    `xml:"textLength,attr"`
	} `xml:"g>text"`
}

func badgeOf(t testing.TB, r *http.Response) image {
	t.Helper()
	var i image
	b := body(t, r)
	if err := xml.Unmarshal([]byte(b), &i); err != nil || r.Header.Get("Content-Type") != "image/svg+xml" || i.Role != "img" || i.Title == "" || i.Title != i.Label {
		t.Fatalf("%s, %s: %v: %s", r.Status, r.Header.Get("Content-Type"), err, b)
	}
	for _, text := range i.Texts {
		if text.X < 5 || text.X+text.Long > i.Width-5 {
			t.Errorf("%q does not fit: %s", text.Text, b)
		}
	}
	return i
}

func (i image) says() string {
	var parts []string
	for _, t := range i.Texts {
		parts = append(parts, t.Text)
	}
	return strings.Join(parts, "|")
}

func TestBadgesSayWhatIsAskedFor(t *testing.T) {
	s := &window{now: time.Now()}
	s.strip = func(k store.Key, _ time.Time, n int) store.Bucket {
		b := store.Bucket{Up: 999, Down: 1}
		if k.Monitor == "new" {
			return store.Bucket{}
		}
		if n >= 30 {
			b = store.Bucket{Up: 90, Down: 10, Gaps: map[data.Reason]int64{data.Stopped: 100}}
		}
		b.Total.Count, b.Total.Sum = b.Up, time.Duration(b.Up)*42*time.Millisecond
		return b
	}
	s.shows("a/b", "ber1", data.Up)
	s.shows("bad", "ber1", data.Down)
	s.shows("new", "ber1", data.Up).Last = nil
	h := statusPage(t, s)
	for target, want := range map[string][3]string{
		"/badge/a%2Fb.svg":                                {"a/b|up", "a/b is up", "#14773f"},
		"/badge/bad.svg?kind=state":                       {"bad|down", "bad is down", "#c22a2a"},
		"/badge/new.svg":                                  {"new|not observed", "new is not observed", "#626b75"},
		"/badge/bad.svg?kind=uptime":                      {"uptime 30 days|99.90 %", "bad: uptime of 30 days is 99.90 %; 100 % was observed", "#14773f"},
		"/badge/bad.svg?kind=uptime&period=24h":           {"uptime 24 h|99.90 %", "bad: uptime of 24 h is 99.90 %; 100 % was observed", "#14773f"},
		"/badge/bad.svg?kind=uptime&period=90d":           {"uptime 90 days|98.25 %", "bad: uptime of 90 days is 98.25 %; 85.71 % was observed", "#c22a2a"},
		"/badge/new.svg?kind=uptime":                      {"uptime 30 days|no data", "new: uptime of 30 days is no data; 0 % was observed", "#626b75"},
		"/badge/bad.svg?kind=latency&period=7d":           {"latency 7 days|42 ms", "bad: mean latency of 7 days is 42 ms", "#1f5fc4"},
		"/badge/new.svg?kind=latency":                     {"latency 30 days|no data", "new: mean latency of 30 days is no data", "#626b75"},
		"/badge/bad.svg?label=":                           {"down", "bad is down", "#c22a2a"},
		"/badge/bad.svg?label=" + url.QueryEscape(`<a&"`): {`<a&"|down`, "bad is down", "#c22a2a"},
		"/badge/bad.svg?label=%00%ff%EF%BF%BE日本":          {"   日本|down", "bad is down", "#c22a2a"},
		"/badge/bad.svg?label=" + strings.Repeat("W", 99): {strings.Repeat("W", 59) + "…|down", "bad is down", "#c22a2a"},
	} {
		got := badgeOf(t, ask(t, h, "GET", target))
		if got.says() != want[0] || got.Title != want[1] || got.Rect.Fill != want[2] {
			t.Errorf("%s: %q, %q, %s; want %q", target, got.says(), got.Title, got.Rect.Fill, want)
		}
	}
	wide, narrow := badgeOf(t, ask(t, h, "GET", "/badge/bad.svg?label=WWWW")), badgeOf(t, ask(t, h, "GET", "/badge/bad.svg?label=iiii"))
	if w, n := wide.Texts[0].Long, narrow.Texts[0].Long; w < 40 || n > 16 {
		t.Errorf("WWWW is %d wide, iiii %d", w, n)
	}
	for target, want := range map[string]string{
		"?kind=up": "state, uptime or latency", "?period=1d": "24h, 7d, 30d or 90d", "?period=7d&period=7d": "given once", "?x=1": "kind, period, label", "?label=%zz": "url-encoded",
	} {
		if got := problem(t, ask(t, h, "GET", "/badge/bad.svg"+target), http.StatusBadRequest); !strings.Contains(got, want) {
			t.Errorf("%s: %q", target, got)
		}
	}
}

// The same table is read by the page's own test of what it writes.
func TestAShareIsWrittenAsThePageDoes(t *testing.T) {
	b, err := os.ReadFile("testdata/percent.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(b, &want); err != nil || len(want) < 10 {
		t.Fatal(len(want), err)
	}
	const slots = 1e7
	s := &window{now: time.Now()}
	h := statusPage(t, s)
	for part := range want {
		s.shows(part, "ber1", data.Up)
	}
	s.strip = func(k store.Key, _ time.Time, n int) store.Bucket {
		if n > 0 {
			return store.Bucket{}
		}
		part, err := strconv.ParseFloat(k.Monitor, 64)
		if err != nil {
			t.Error(err)
		}
		up := int64(math.Round(part * slots))
		return store.Bucket{Up: up, Down: slots - up}
	}
	for part, text := range want {
		if got := badgeOf(t, ask(t, h, "GET", "/badge/"+part+".svg?kind=uptime")).says(); got != "uptime 30 days|"+text {
			t.Errorf("%s: %s, want %s", part, got, text)
		}
	}
}

func TestABadgeKnowsNothingOfWhereTheMonitorWasRemoved(t *testing.T) {
	s := &window{now: time.Now()}
	s.shows("moved", "ber1", data.Up)
	s.shows("moved", "nyc1", data.Down).Registration.Removed = true
	s.shows("gone", "ber1", data.Up).Registration.Removed = true
	h := web.New(web.Options{Store: s, Ending: closing(t)})
	for target, want := range map[string]string{"/badge/moved.svg": "moved|up", "/badge/gone.svg": "gone|removed"} {
		if got := badgeOf(t, ask(t, h, "GET", target)); got.says() != want {
			t.Errorf("%s: %s, want %s", target, got.says(), want)
		}
	}
}

func TestBadgesArePublicWhereTheMonitorIs(t *testing.T) {
	s := &window{now: time.Now()}
	s.shows("shop", "ber1", data.Up)
	s.shows("internal", "ber1", data.Down, "public:no")
	h := statusPage(t, s)
	r := ask(t, h, "GET", "/badge/shop.svg")
	badgeOf(t, r)
	if r.Header.Get("Cache-Control") != "public, max-age=30" || r.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("a public badge: %v", r.Header)
	}
	if again := ask(t, h, "GET", "/badge/shop.svg", "If-None-Match", r.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("with its tag: %s", again.Status)
	}
	hidden, none := ask(t, h, "GET", "/badge/internal.svg"), ask(t, h, "GET", "/badge/nobody.svg")
	if a, b := problem(t, hidden, http.StatusUnauthorized), problem(t, none, http.StatusUnauthorized); a != b {
		t.Errorf("the public is told what there is: %q, %q", a, b)
	}
	token := []string{"Authorization", "Bearer " + adminToken}
	r = ask(t, h, "GET", "/badge/internal.svg", token...)
	if got := badgeOf(t, r); got.says() != "internal|down" || r.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" || !strings.HasPrefix(r.Header.Get("Cache-Control"), "private") {
		t.Errorf("with a token: %s, %v", got.says(), r.Header)
	}
	r = ask(t, h, "GET", "/badge/nobody.svg", token...)
	if got := badgeOf(t, r); r.StatusCode != http.StatusNotFound || got.says() != "monitor|not found" || got.Rect.Fill != "#626b75" {
		t.Errorf("of no monitor: %s, %s", r.Status, got.says())
	}
	problem(t, ask(t, h, "GET", "/badge/shop.png", token...), http.StatusNotFound)
	problem(t, ask(t, h, "POST", "/badge/shop.svg"), http.StatusMethodNotAllowed)
	// Without a status page all are behind the token, and without a token behind the host.
	off := web.New(web.Options{Store: s, Token: adminToken})
	problem(t, ask(t, off, "GET", "/badge/shop.svg"), http.StatusUnauthorized)
	local := web.New(web.Options{Store: s, Hosts: web.Loopback()})
	problem(t, ask(t, local, "GET", "/badge/shop.svg"), http.StatusMisdirectedRequest)
	rec, req := httptest.NewRecorder(), httptest.NewRequest("GET", "http://localhost/badge/shop.svg", nil)
	if local.ServeHTTP(rec, req); badgeOf(t, rec.Result()).says() != "shop|up" {
		t.Errorf("on this machine: %d", rec.Code)
	}
}
