package probe_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/monitor/probe"
)

// slow takes its time before the answer, and in the middle of it.
func slow(w http.ResponseWriter, _ *http.Request) {
	<-time.After(60 * time.Millisecond)
	io.WriteString(w, "x")
	w.(http.Flusher).Flush()
	<-time.After(40 * time.Millisecond)
	io.WriteString(w, "y")
}

func TestPhasesAgreeWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed: ", err)
	}
	a := newAuthority(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	redirecting := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/end" {
			<-time.After(30 * time.Millisecond)
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		slow(w, r)
	}
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
	for _, tt := range []struct{ name, url string }{
		{"slow", serve(t, slow)},
		{"redirecting", serve(t, redirecting)},
		{"TLS", secure(t, cert, false, slow)},
		{"HTTP/2", secure(t, cert, true, slow)},
		{"redirecting by TLS", secure(t, cert, false, redirecting)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := withBody(monitor(tt.url + "/"))
			m.Redirects = 3
			p, c := prober(t, probe.Options{RootCAs: a.pool}), target(t, m)
			// A busy machine disturbs either side, so any two of their runs may agree.
			var mine, theirs [][]time.Duration
			var differ string
			for range 20 {
				r := p.Probe(t.Context(), c)
				wantOK(t, r)
				check(t, r)
				mine, theirs = append(mine, ours(r)), append(theirs, timings(t, curl, "--cacert", ca, tt.url+"/"))
				r.Release()
				for _, a := range mine {
					for _, b := range theirs {
						if differ = compare(a, b); differ == "" {
							return
						}
					}
				}
			}
			t.Errorf("never within 3 ms or 5 %%: %s", differ)
		})
	}
}

// ours are the times that curl has too, in its order. With redirects it tells
// those of the last request from the beginning, so only the sums are compared.
func ours(r *probe.Response) []time.Duration {
	p := r.Phases
	if len(r.Hops) > 0 {
		last := r.Hops[len(r.Hops)-1].Phases
		return []time.Duration{0, 0, 0, 0, 0, p.Total.D() - last.Total.D(), p.Total.D()}
	}
	return []time.Duration{p.DNS.D(), p.Connect.D(), p.TLS.D(), p.FirstByte.D() + p.Request.D(), p.Transfer.D(), 0, p.Total.D()}
}

func timings(t *testing.T, curl string, args ...string) []time.Duration {
	t.Helper()
	format := "%{num_redirects} %{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_redirect} %{time_total}"
	args = append([]string{"-q", "-s", "-L", "--noproxy", "*", "-o", os.DevNull, "-w", format}, args...)
	out, err := exec.CommandContext(t.Context(), curl, args...).Output()
	if err != nil {
		t.Fatalf("curl: %v", err)
	}
	var redirects int
	var s [6]float64
	if _, err := fmt.Sscan(string(out), &redirects, &s[0], &s[1], &s[2], &s[3], &s[4], &s[5]); err != nil {
		t.Fatalf("curl said %q: %v", out, err)
	}
	d := func(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
	if redirects > 0 {
		return []time.Duration{0, 0, 0, 0, 0, d(s[4]), d(s[5])}
	}
	greeted := max(s[1], s[2])
	return []time.Duration{d(s[0]), d(s[1] - s[0]), d(greeted - s[1]), d(s[3] - greeted), d(s[5] - s[3]), 0, d(s[5])}
}

func compare(ours, theirs []time.Duration) string {
	names := strings.Fields("dns connect tls answer transfer redirects total")
	var differ []string
	for i, name := range names {
		if diff := (ours[i] - theirs[i]).Abs(); diff > 3*time.Millisecond && diff > theirs[i]/20 {
			differ = append(differ, fmt.Sprintf("%s %v, curl %v", name, ours[i], theirs[i]))
		}
	}
	return strings.Join(differ, "; ")
}
