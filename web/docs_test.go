package web_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

var (
	example = regexp.MustCompile("(?s)```sh\ncurl [^\n]*'127\\.0\\.0\\.1:8080([^'\n]+)'\n```\n\n```(json|csv)\n(.*?)```")
	event   = regexp.MustCompile("(?s)```json\n(\\{\"schema\".*?)```")
)

// documented holds the events that docs/events.md shows, and the next measurement.
func documented(t *testing.T) *memory.Store {
	t.Helper()
	s := memory.New(memory.Options{})
	up := &data.Measurement{
		Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: time.Date(2026, 11, 23, 21, 48, 40, 120e6, time.UTC), Attempt: 1, State: data.Up,
		Started: time.Date(2026, 11, 23, 21, 48, 40, 120_312e3, time.UTC), Late: 312 * time.Microsecond, Method: "GET", URL: "https://shop.example/health",
		HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/2.0", Remote: "203.0.113.7:443", BodyBytes: 18220},
		Phases: data.Phases{
			DNS: data.SpanOf(790e3), Connect: data.SpanOf(9e6), TLS: data.SpanOf(14e6), Request: data.SpanOf(40e3), FirstByte: data.SpanOf(80e6), Transfer: data.SpanOf(3e6),
			Total: data.SpanOf(106_830e3),
		},
	}
	events := []data.Event{up}
	for _, text := range event.FindAllStringSubmatch(read(t, "../docs/events.md"), -1) {
		e, err := data.Decode([]byte(text[1]))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 || len(events) != 4 {
		t.Fatalf("of %d events %v are refused, %v", len(events), refused, err)
	}
	return s
}

func TestExamplesOfTheDocumentationAnswerWhatIsWritten(t *testing.T) {
	h := web.New(web.Options{Store: documented(t)})
	found := example.FindAllStringSubmatch(read(t, "../docs/api.md"), -1)
	if len(found) < 8 {
		t.Errorf("only %d examples are found", len(found))
	}
	for _, e := range found {
		target, form, want := e[1], e[2], e[3]
		got := body(t, ask(t, h, "GET", target))
		if form == "csv" {
			if got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", target, got, want)
			}
			continue
		}
		var g, w any
		if err := json.Unmarshal([]byte(want), &w); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		if err := json.Unmarshal([]byte(got), &g); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		wantJSON(t, target, g, w)
	}
}

func TestEveryPathIsDocumented(t *testing.T) {
	text := read(t, "../docs/api.md")
	for p, d := range document().Paths {
		if !strings.Contains(text, "`"+p+"`") {
			t.Errorf("docs/api.md has no `%s`", p)
		}
		for _, name := range d.params("query") {
			if !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, "`"+name+"=") {
				t.Errorf("docs/api.md does not tell of %s=, which %s has", name, p)
			}
		}
	}
	// What the documentation has, there is.
	for _, p := range regexp.MustCompile("`(/api/v1/[^`?]+)`").FindAllStringSubmatch(text, -1) {
		if _, ok := document().Paths[p[1]]; !ok {
			if r := raw(web.New(web.Options{Store: memory.New(memory.Options{})}), "GET", p[1]); r.StatusCode == http.StatusNotFound {
				t.Logf("docs/api.md tells of %s, which there is not", p[1])
			}
		}
	}
}
