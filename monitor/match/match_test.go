package match_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match"
)

var now = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

func total(d time.Duration) data.Phases { return data.Phases{Total: data.SpanOf(d)} }

func compile(t *testing.T, e data.Expect) *match.Matcher {
	t.Helper()
	m, err := match.Compile(&data.Monitor{Expect: e})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// everything expects one thing of each sort.
var everything = data.Expect{
	Status:      []data.StatusRange{{From: 200, To: 204}, {From: 404, To: 404}},
	Latency:     data.Duration(800 * time.Millisecond),
	Certificate: data.Duration(14 * 24 * time.Hour),
	Headers:     map[string]data.Pattern{"content-type": {Matches: []string{"json"}, NotMatches: []string{"xml"}}, "Age": {Matches: []string{"^[0-9]$"}}},
	Body:        data.ExpectBody{Pattern: data.Pattern{Matches: []string{`"status":"(ok|degraded)"`}, NotMatches: []string{"(?i)error"}}},
}

func TestEverythingIsJudgedInOrderThoughAllFail(t *testing.T) {
	got, wrong := compile(t, everything).Judge(match.Subject{
		Status: 503, Header: http.Header{"Content-Type": {"text/xml"}}, Body: []byte(`{"status":"broken","error":1}`),
		Phases: total(1234567 * time.Microsecond), TLS: &data.TLS{Expires: now.Add(80 * time.Hour)},
	}, now)
	want := []data.Expectation{
		{Name: "status", Seen: "503"},
		{Name: "latency", Seen: "1.234567s"},
		{Name: "certificate", Seen: "3d until 2026-11-27T18:00:00Z"},
		{Name: "header.age.matches"},
		{Name: "header.content-type.matches", Seen: "text/xml"},
		{Name: "header.content-type.not_matches", Seen: "text/xml"},
		{Name: "body.matches", Seen: `{"status":"broken","error":1}`},
		{Name: "body.not_matches", Seen: `{"status":"broken","error":1}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := `status: expected 200-204, 404, saw "503"; 7 more not met`; wrong == nil || wrong.Kind != data.ErrExpectation || wrong.Message != want {
		t.Errorf("got %+v, want %s", wrong, want)
	}
}

func TestEverythingHolds(t *testing.T) {
	got, wrong := compile(t, everything).Judge(match.Subject{
		Status: 404, Header: http.Header{"Content-Type": {"text/plain", "application/json"}, "Age": {"7"}}, Body: []byte(`{"status":"ok"}`),
		Phases: total(800 * time.Millisecond), TLS: &data.TLS{Expires: now.Add(14 * 24 * time.Hour)},
	}, now)
	if wrong != nil || len(got) != 8 {
		t.Fatalf("got %+v, %d outcomes", wrong, len(got))
	}
	for _, e := range got {
		if !e.OK {
			t.Errorf("%s: saw %q", e.Name, e.Seen)
		}
	}
}

func TestEachLimitIsExact(t *testing.T) {
	for _, tt := range []struct {
		name string
		e    data.Expect
		s    match.Subject
		ok   bool
	}{
		{"status default 199", data.Expect{}, match.Subject{Status: 199}, false},
		{"status default 200", data.Expect{}, match.Subject{Status: 200}, true},
		{"status default 299", data.Expect{}, match.Subject{Status: 299}, true},
		{"status default 300", data.Expect{}, match.Subject{Status: 300}, false},
		{"latency over", data.Expect{Latency: data.Duration(time.Second)}, match.Subject{Status: 200, Phases: total(time.Second + time.Microsecond)}, false},
		{"certificate under", data.Expect{Certificate: data.Duration(time.Hour)}, match.Subject{Status: 200, TLS: &data.TLS{Expires: now.Add(time.Hour - 1)}}, false},
		{"certificate without TLS", data.Expect{Certificate: data.Duration(time.Hour)}, match.Subject{Status: 200}, false},
		{"header missing, must match", data.Expect{Headers: map[string]data.Pattern{"a": {Matches: []string{""}}}}, match.Subject{Status: 200}, false},
		{"header missing, must not", data.Expect{Headers: map[string]data.Pattern{"a": {NotMatches: []string{""}}}}, match.Subject{Status: 200}, true},
		{"empty body, must match", data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"x"}}}}, match.Subject{Status: 200, Body: []byte{}}, false},
		{"empty body, must not", data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{NotMatches: []string{"x"}}}}, match.Subject{Status: 200, Body: []byte{}}, true},
		{"second pattern fails", data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"a", "b"}}}}, match.Subject{Status: 200, Body: []byte("a")}, false},
	} {
		if _, wrong := compile(t, tt.e).Judge(tt.s, now); (wrong == nil) != tt.ok {
			t.Errorf("%s: got %+v", tt.name, wrong)
		}
	}
}

func TestWhatIsUnknownIsNotJudged(t *testing.T) {
	m := compile(t, everything)
	if got, wrong := m.Judge(match.Subject{}, now); len(got) != 0 || wrong != nil {
		t.Errorf("got %v, %v", got, wrong)
	}
	got, wrong := m.Judge(match.Subject{Phases: total(time.Minute)}, now) // no response, but a time
	if len(got) != 1 || got[0].Name != "latency" || wrong == nil {
		t.Errorf("got %v, %v", got, wrong)
	}
	got, _ = m.Judge(match.Subject{Status: 200, Header: http.Header{}}, now) // the body was cut
	for _, e := range got {
		if strings.HasPrefix(e.Name, "body") {
			t.Errorf("judged %s", e.Name)
		}
	}
}

func TestCompileNamesTheExpectationAndItsPlace(t *testing.T) {
	for want, e := range map[string]data.Expect{
		"expect.status[1]":                      {Status: []data.StatusRange{{From: 200, To: 200}, {From: 300, To: 200}}},
		"expect.status[0]":                      {Status: []data.StatusRange{{From: 20, To: 200}}},
		"expect.latency":                        {Latency: -1},
		"expect.certificate":                    {Certificate: -1},
		"expect.body.matches[1]":                {Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"a", "("}}}},
		"expect.body.not_matches[0]":            {Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"a"}, NotMatches: []string{"(?=a)"}}}},
		"expect.headers.X-Thing.not_matches[0]": {Headers: map[string]data.Pattern{"X-Thing": {NotMatches: []string{"["}}}},
	} {
		if _, err := match.Compile(&data.Monitor{Expect: e}); err == nil || !strings.HasPrefix(err.Error(), want+":") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestSeenIsBoundedTextRoundTheMatch(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	alphabet := []string{"a", "ü", "€", "😀", "\xff", "\xe2\x82", "\x00"}
	for range 3000 {
		var b strings.Builder
		fill := func() {
			for range r.IntN(300) {
				b.WriteString(alphabet[r.IntN(len(alphabet))])
			}
		}
		fill()
		needle := fmt.Sprintf("<%d>", r.IntN(1000))
		b.WriteString(needle)
		fill()
		for _, p := range []data.Pattern{{Matches: []string{needle}}, {NotMatches: []string{needle}}, {Matches: []string{"(?s)<.*"}}, {Matches: []string{"missing"}}} {
			got, _ := compile(t, data.Expect{Body: data.ExpectBody{Pattern: p}}).Judge(match.Subject{Status: 200, Body: []byte(b.String())}, now)
			seen := got[1].Seen
			if len(seen) > match.MaxSeen || !utf8.ValidString(seen) || strings.Contains(seen, "\x00") {
				t.Fatalf("seed %d: %d bytes, text: %v: %q", seed, len(seen), utf8.ValidString(seen), seen)
			}
			if p.Matches == nil || p.Matches[0] == needle {
				if !strings.Contains(seen, needle) {
					t.Fatalf("seed %d: %q does not show %q", seed, seen, needle)
				}
			}
		}
		header, _ := compile(t, data.Expect{Headers: map[string]data.Pattern{"a": {Matches: []string{"b"}}}}).
			Judge(match.Subject{Status: 200, Header: http.Header{"A": {b.String(), b.String()}}}, now)
		if seen := header[1].Seen; len(seen) > match.MaxSeen || !utf8.ValidString(seen) {
			t.Fatalf("seed %d: header: %d bytes: %q", seed, len(seen), seen)
		}
	}
}

func TestSeenUsesItsRoomAtEitherEnd(t *testing.T) {
	long := strings.Repeat("a", 500)
	for _, body := range []string{long + "needle", "needle" + long, long + "needle" + long} {
		got, _ := compile(t, data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"needle"}}}}).Judge(match.Subject{Status: 200, Body: []byte(body)}, now)
		if seen := got[1].Seen; len(seen) < match.MaxSeen-10 || !strings.Contains(seen, "needle") {
			t.Errorf("%d bytes: %q", len(seen), seen)
		}
	}
}

func ExampleMatcher_Judge() {
	m, _ := match.Compile(&data.Monitor{Expect: data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{`"status":"ok"`}}}}})
	outcomes, wrong := m.Judge(match.Subject{Status: 200, Body: []byte(`{"status":"broken"}`)}, now)
	for _, e := range outcomes {
		fmt.Println(e.Name, e.OK, e.Seen)
	}
	fmt.Println(wrong.Kind)
	// Output:
	// status true 200
	// body.matches false {"status":"broken"}
	// expectation
}
