package heartbeat_test

import (
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

// Each expectation gets what it judges from a probe, on a fresh connection and on one
// that served before, over both versions of HTTP.
func TestEachExpectationGetsWhatItJudges(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/end" {
			http.Redirect(w, r, "/end", http.StatusFound)
			return
		}
		io.WriteString(w, `{"status":"ok","queue":{"depth":3}}`)
	})
	for protocol, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		target := httptest.NewUnstartedServer(handler)
		target.EnableHTTP2 = http2
		target.StartTLS()
		defer target.Close()
		roots := x509.NewCertPool()
		roots.AddCert(target.Certificate())
		p := probe.New(probe.Options{RootCAs: roots})
		defer p.Close()
		m := monitor("a", target.URL, time.Second)
		m.Connection, m.Redirects, m.Timeout = data.ConnectionReuse, 3, data.Duration(10*time.Second)
		most := data.Duration(time.Minute)
		m.Expect = data.Expect{
			Protocol: []string{protocol}, TLS: "1.2", Issuer: &data.Pattern{Matches: []string{"O=Acme Co"}}, Names: []string{"127.0.0.1", "www.example.com"},
			Redirect: &data.Pattern{Matches: []string{"^" + target.URL + "/end$"}}, Phases: &data.ExpectPhases{Connect: most, TLS: most, FirstByte: most},
			Body: data.ExpectBody{
				Size: &data.SizeRange{From: 35, To: 35}, SHA256: "dc5ec19fbfb1ec3bf44a5d2ad8e48be3ea4a3a0b0bfde4a1f4ff2fdd3e7e3ac0",
				JSON: []data.ExpectJSON{{Path: "$.status", Is: json.RawMessage(`"ok"`)}, {Path: "$.queue.depth", Below: "3"}},
			},
		}
		for i, phases := range []int{3, 1} { // an idle connection has neither connect nor TLS
			got, err := heartbeat.Once(t.Context(), p, nil, &m, "here", "test")
			if err != nil {
				t.Fatal(err)
			}
			// What is not met is meant not to be.
			wrong := map[string]string{"body.sha256": "", "body.json $.queue.depth": "3"}
			for _, e := range got.Expectations {
				seen, unmet := wrong[e.Name]
				if e.OK == unmet || unmet && seen != "" && e.Seen != seen {
					t.Errorf("%s, probe %d: %+v", protocol, i, e)
				}
			}
			// status, protocol, tls, issuer, two names, redirect, size, hash, two paths
			if len(got.Expectations) != 11+phases {
				t.Errorf("%s, probe %d: %d outcomes: %+v", protocol, i, len(got.Expectations), got.Expectations)
			}
		}
	}
}
