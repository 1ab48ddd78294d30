package match_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match"
)

var howItCame = data.Expect{
	Redirect: &data.Pattern{Matches: []string{"^https://www"}}, Protocol: []string{"HTTP/1.1", "HTTP/2.0"}, TLS: "1.3",
	Issuer: &data.Pattern{Matches: []string{"O=Let's Encrypt"}, NotMatches: []string{"STAGING"}}, Names: []string{"shop.example", "203.0.113.7"},
	Phases: &data.ExpectPhases{DNS: data.Duration(50 * time.Millisecond), FirstByte: data.Duration(time.Second), Transfer: data.Duration(time.Second)},
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestHowAnAnswerCameIsJudged(t *testing.T) {
	good := match.Subject{
		Status: 200, Protocol: "HTTP/2.0", URL: parse(t, "https://www.shop.example/"), Redirects: 1, TLS: &data.TLS{Version: "TLS 1.3"},
		Certificate: &x509.Certificate{Issuer: pkix.Name{Organization: []string{"Let's Encrypt"}, CommonName: "R11"}, DNSNames: []string{"*.example"}, IPAddresses: nil},
		Phases:      data.Phases{DNS: data.SpanOf(50 * time.Millisecond), FirstByte: data.SpanOf(2 * time.Second)}, // nothing was transferred
	}
	got, wrong := compile(t, howItCame).Judge(good, now)
	want := []data.Expectation{
		{Name: "status", OK: true, Seen: "200"},
		{Name: "protocol", OK: true, Seen: "HTTP/2.0"},
		{Name: "phases.dns", OK: true, Seen: "50ms"},
		{Name: "phases.first_byte", Seen: "2s"},
		{Name: "tls", OK: true, Seen: "TLS 1.3"},
		{Name: "issuer.matches", OK: true, Seen: "CN=R11,O=Let's Encrypt"},
		{Name: "issuer.not_matches", OK: true, Seen: "CN=R11,O=Let's Encrypt"},
		{Name: "names.shop.example", OK: true},
		{Name: "names.203.0.113.7", Seen: "cannot validate certificate for 203.0.113.7 because it doesn't contain any IP SANs"},
		{Name: "redirect.matches", OK: true, Seen: "https://www.shop.example/"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if wrong == nil || wrong.Message != `phases.first_byte: expected at most 1s, saw "2s"; 1 more not met` {
		t.Errorf("got %+v", wrong)
	}
}

func TestHowAnAnswerMustNotCome(t *testing.T) {
	got, _ := compile(t, howItCame).Judge(match.Subject{Status: 200, Protocol: "HTTP/1.0", URL: parse(t, "http://shop.example/")}, now)
	want := []data.Expectation{
		{Name: "status", OK: true, Seen: "200"},
		{Name: "protocol", Seen: "HTTP/1.0"},
		{Name: "tls", Seen: "no TLS"},
		{Name: "issuer.matches", Seen: "no TLS"},
		{Name: "issuer.not_matches", Seen: "no TLS"},
		{Name: "names.shop.example", Seen: "no TLS"},
		{Name: "names.203.0.113.7", Seen: "no TLS"},
		{Name: "redirect.matches", Seen: "no redirect"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, wrong := compile(t, howItCame).Judge(match.Subject{}, now); len(got) != 0 || wrong != nil {
		t.Errorf("without an answer: %v, %v", got, wrong)
	}
}

func TestTheLeastVersionOfTLSHolds(t *testing.T) {
	for _, tt := range []struct {
		least, spoken string
		ok            bool
	}{{"1.2", "TLS 1.2", true}, {"1.2", "TLS 1.3", true}, {"1.3", "TLS 1.2", false}, {"1.0", "TLS 1.0", true}, {"1.1", "TLS 1.0", false}, {"1.0", "", false}} {
		_, wrong := compile(t, data.Expect{TLS: tt.least}).Judge(match.Subject{Status: 200, TLS: &data.TLS{Version: tt.spoken}}, now)
		if (wrong == nil) != tt.ok {
			t.Errorf("%s of at least %s: %v", tt.spoken, tt.least, wrong)
		}
	}
}

func TestARedirectIsWhereTheAnswerLeadsOrWhereRedirectsLed(t *testing.T) {
	for _, tt := range []struct {
		name      string
		status    int
		location  string
		redirects int
		want      string
	}{
		{"none", 200, "", 0, "no redirect"},
		{"a location without a redirect", 201, "/made", 0, "no redirect"},
		{"not followed", 302, "https://b.example/x", 0, "https://b.example/x"},
		{"not followed, of the same host", 301, "../x?y", 0, "https://a.example/x?y"},
		{"no address", 302, ":%", 0, ":%"},
		{"followed", 200, "", 2, "https://a.example/1/2"},
		{"followed as far as allowed", 302, "/again", 2, "https://a.example/again"},
		{"not modified", 304, "", 0, "no redirect"},
	} {
		s := match.Subject{Status: tt.status, URL: parse(t, "https://a.example/1/2"), Redirects: tt.redirects, Header: http.Header{}}
		if tt.location != "" {
			s.Header.Set("Location", tt.location)
		}
		e := data.Expect{Status: []data.StatusRange{{From: 100, To: 599}}, Redirect: &data.Pattern{NotMatches: []string{"^https://evil"}}}
		got, wrong := compile(t, e).Judge(s, now)
		if wrong != nil || len(got) != 2 || got[1].Seen != tt.want {
			t.Errorf("%s: got %+v, %v, want %s", tt.name, got, wrong, tt.want)
		}
	}
}

func TestCompileNamesWhatIsWrongWithHowAnAnswerComes(t *testing.T) {
	for want, e := range map[string]data.Expect{
		"expect.protocol[1]":         {Protocol: []string{"HTTP/1.1", "http2"}},
		"expect.tls":                 {TLS: "TLS 1.3"},
		"expect.names[0]":            {Names: []string{""}},
		"expect.issuer.matches[0]":   {Issuer: &data.Pattern{Matches: []string{"("}}},
		"expect.redirect.matches[0]": {Redirect: &data.Pattern{Matches: []string{"("}}},
		"expect.phases.connect":      {Phases: &data.ExpectPhases{Connect: -1}},
	} {
		if _, err := match.Compile(&data.Monitor{Expect: e}); err == nil || !strings.HasPrefix(err.Error(), want+":") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
