package heartbeat_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

// A token that heartbeat got itself is as secret as one that was configured.
func TestATokenThatTheTargetSendsBackIsMasked(t *testing.T) {
	const token = "s3cret-t0ken-of-the-endpoint"
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":60}`, token)
	}))
	defer tokens.Close()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/back?token="+got, http.StatusFound)
			return
		}
		w.Header().Set("X-Back", got)
		fmt.Fprint(w, got)
	}))
	defer target.Close()
	m := monitor("a", target.URL+"/", time.Second)
	m.Auth = &data.Auth{OAuth2: &data.OAuth2{TokenURL: tokens.URL, ClientID: "c"}}
	m.Redirects, m.Traceparent = 5, true
	p := data.Pattern{Matches: []string{"never"}, NotMatches: []string{"t0ken"}}
	m.Expect = data.Expect{Body: data.ExpectBody{Pattern: p}, Headers: map[string]data.Pattern{"X-Back": p}}
	prober := probe.New(probe.Options{})
	defer prober.Close()
	got, err := heartbeat.Once(t.Context(), prober, nil, &m, "here", "i")
	if err != nil {
		t.Fatal(err)
	}
	b, err := data.Encode(got)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); strings.Contains(text, "s3cret") || strings.Contains(text, "endpoint") || strings.Count(text, "•••") < 3 {
		t.Errorf("the token is told, or nothing was: %s", text)
	}
	if len(got.Trace) != 32 || len(got.Hops) != 2 {
		t.Errorf("trace %q, %d hops", got.Trace, len(got.Hops))
	}
}
