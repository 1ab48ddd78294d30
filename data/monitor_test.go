package data_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
)

// The version is part of every event: a change of these vectors registers every
// monitor of every user anew.
func TestVersionIsPinned(t *testing.T) {
	shop := data.Monitor{
		ID: "shop", URL: "https://shop.example/health", Schedule: data.Schedule{Every: data.Duration(10 * time.Second)},
		Timeout: data.Duration(5 * time.Second), Method: "GET", Connection: data.ConnectionNew, Redirects: 5,
	}
	full := shop
	full.Headers, full.Body, full.Labels = map[string]string{"B": "1", "A": "<2>"}, "x", map[string]string{"team": "web"}
	full.Schedule = data.Schedule{Cron: "0 6 * * mon-fri", Timezone: "Europe/Berlin"}
	full.Paused = true
	full.Expect = data.Expect{
		Status:  []data.StatusRange{{From: 200, To: 299}},
		Headers: map[string]data.Pattern{"Content-Type": {NotMatches: []string{"html"}}},
		Body:    data.ExpectBody{Pattern: data.Pattern{Matches: []string{"ok|degraded"}}}, Latency: data.Duration(800 * time.Millisecond), Certificate: data.Duration(14 * 24 * time.Hour),
	}
	strict, yes := shop, true
	strict.Expect = data.Expect{
		Redirect: &data.Pattern{Matches: []string{"^https:"}}, Protocol: []string{"HTTP/2.0"}, TLS: "1.3", Issuer: &data.Pattern{NotMatches: []string{"STAGING"}},
		Names: []string{"shop.example"}, Phases: &data.ExpectPhases{DNS: data.Duration(50 * time.Millisecond), FirstByte: data.Duration(time.Second)},
		Body: data.ExpectBody{
			Size: &data.SizeRange{From: 1, To: -1}, SHA256: "ba7816bf", JSON: []data.ExpectJSON{
				{Path: "$.a", Is: json.RawMessage("null"), Below: "100000000000000000000.5"}, {Path: "$.b", Exists: &yes, Count: &data.CountRange{From: 1, To: 2}},
			},
		},
	}
	strict.Capture = &data.Capture{Body: 2048, Headers: true}
	for _, v := range []struct {
		m    data.Monitor
		want string
	}{{data.Monitor{}, "b504f53a"}, {shop, "69e73d52"}, {full, "ecd56d0d"}, {strict, "6f788a96"}} {
		if got := v.m.Version(); got != v.want {
			t.Errorf("the version of %q is %s, want %s", v.m.ID, got, v.want)
		}
		b, err := json.Marshal(v.m)
		var again data.Monitor
		if err := errors.Join(err, json.Unmarshal(b, &again)); err != nil || again.Version() != v.want {
			t.Errorf("%s is read as %+v (%v)", b, again, err)
		}
	}
	for name, change := range map[string]func(*data.Monitor){
		"url":      func(m *data.Monitor) { m.URL += "/" },
		"every":    func(m *data.Monitor) { m.Schedule.Every++ },
		"timeout":  func(m *data.Monitor) { m.Timeout++ },
		"expect":   func(m *data.Monitor) { m.Expect.Latency++ },
		"paused":   func(m *data.Monitor) { m.Paused = true },
		"labels":   func(m *data.Monitor) { m.Labels = map[string]string{"a": "b"} },
		"redirect": func(m *data.Monitor) { m.Redirects-- },
	} {
		m := shop
		change(&m)
		if m.Version() == shop.Version() {
			t.Errorf("a change of %s leaves the version", name)
		}
	}
}

func TestDurationsAreReadWithDays(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"14d": 14 * 24 * time.Hour, "0d": 0, "-2d": -48 * time.Hour, "1m30s": 90 * time.Second, "500ms": 500 * time.Millisecond,
		"106751d": 106751 * 24 * time.Hour, "0": 0, "1.5h": 90 * time.Minute,
	} {
		if got, err := data.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", s, got, err, want)
		}
		var d data.Duration
		if err := d.UnmarshalText([]byte(s)); err != nil || d.D() != want {
			t.Errorf("%q as text is %v (%v), want %v", s, d, err, want)
		}
		b, err := data.Duration(want).MarshalText()
		if again, err2 := data.ParseDuration(string(b)); err != nil || err2 != nil || again != want {
			t.Errorf("%v is written as %s, and read as %v (%v, %v)", want, b, again, err, err2)
		}
	}
	for _, s := range []string{"", "d", "10", "1.5d", "106752d", "1d12h", "ten seconds", "10 s", "9999999999999d", "10S"} {
		d, err := data.ParseDuration(s)
		if err == nil || d != 0 || !strings.Contains(err.Error(), "14d") {
			t.Errorf("%q is %v (%v), want an error that shows what to write", s, d, err)
		}
	}
}

func TestSpanTellsNothingFromZero(t *testing.T) {
	var none data.Span
	zero, ms := data.SpanOf(-time.Second), data.SpanOf(time.Millisecond+999)
	if none.Measured() || !zero.Measured() || none.D() != 0 || zero.D() != 0 || ms.D() != time.Millisecond {
		t.Errorf("none %v, zero %v, ms %v", none, zero, ms)
	}
	if none.String() != "-" || zero.String() != "0s" || ms.String() != "1ms" {
		t.Errorf("%s %s %s, want - 0s 1ms", none, zero, ms)
	}
	for _, v := range []struct{ a, b, want data.Span }{
		{none, none, none}, {none, zero, zero}, {zero, none, zero}, {zero, zero, zero}, {ms, none, ms}, {ms, ms, data.SpanOf(2 * time.Millisecond)},
	} {
		if got := v.a.Add(v.b); got != v.want {
			t.Errorf("%v + %v is %v, want %v", v.a, v.b, got, v.want)
		}
	}
	p := data.Phases{DNS: ms, Total: ms}
	if got, want := p.Add(data.Phases{Connect: zero, Total: ms}), (data.Phases{DNS: ms, Connect: zero, Total: data.SpanOf(2 * time.Millisecond)}); got != want {
		t.Errorf("the sum is %v, want %v", got, want)
	}
	if d := data.SpanOf(math.MaxInt64).D(); d <= 0 {
		t.Errorf("the longest span is %v", d)
	}
}

func TestIDs(t *testing.T) {
	for _, id := range []string{"shop", "a/b?c=d", "ä", " ", strings.Repeat("x", data.MaxID)} {
		if err := data.CheckID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for id, want := range map[string]string{
		"": "it is empty", strings.Repeat("x", data.MaxID+1): "it has 201 bytes, and at most 200 are allowed",
		"a\xffb": "it is not UTF-8", "a\nb": "it has a control character", "a\x7fb": "it has a control character",
	} {
		if err := data.CheckID(id); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", id, err, want)
		}
	}
}

func TestGapCoversItsSlots(t *testing.T) {
	g := goldens()["gap"].(*data.Gap)
	slot := data.Slot{Monitor: "shop", Location: "ber1", Scheduled: g.First}
	for name, v := range map[string]struct {
		change func(*data.Slot)
		want   bool
	}{
		"first":    {func(*data.Slot) {}, true},
		"last":     {func(s *data.Slot) { s.Scheduled = g.Last }, true},
		"before":   {func(s *data.Slot) { s.Scheduled = g.First.Add(-time.Millisecond) }, false},
		"after":    {func(s *data.Slot) { s.Scheduled = g.Last.Add(time.Millisecond) }, false},
		"monitor":  {func(s *data.Slot) { s.Monitor = "other" }, false},
		"location": {func(s *data.Slot) { s.Location = "other" }, false},
	} {
		s := slot
		v.change(&s)
		if got := g.Covers(s); got != v.want {
			t.Errorf("%s: covered %v, want %v", name, got, v.want)
		}
	}
}

func TestACompactMonitorIsTheMonitor(t *testing.T) {
	odd := data.Monitor{ID: "a", URL: `http://127.0.0.1/?a=<&b="\`, Labels: map[string]string{`"url":"`: `{"id":"`}}
	other := odd
	other.ID, other.URL = "b", ""
	edited := odd
	edited.Timeout++
	var all data.Expander
	compact := map[data.Compact]bool{}
	for _, m := range []data.Monitor{odd, other, edited, {}} {
		c := m.Compact()
		compact[c] = true
		for _, got := range []*data.Monitor{c.Monitor(), all.Monitor(&c)} {
			if diff := cmp.Diff(&m, got); diff != "" {
				t.Errorf("%q comes back otherwise:\n%s", m.ID, diff)
			}
		}
		if want, err := json.Marshal(m); err != nil || string(c.JSON()) != string(want) || c.Version() != m.Version() {
			t.Errorf("its JSON is %s, want %s", c.JSON(), want)
		}
		if again := m.Compact(); c != again {
			t.Errorf("%q is another when it is made again", m.ID)
		}
	}
	if none := (data.Compact{ID: "a"}); len(compact) != 4 || none.Monitor() != nil {
		t.Errorf("there are %d monitors, want 4; of none there is %v", len(compact), none.Monitor())
	}
}
