package probe_test

import (
	"crypto/tls"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// TestWaysAgreeWithCurl has curl go the same ways.
func TestWaysAgreeWithCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed: ", err)
	}
	a := newAuthority(t)
	client := a.issue(t, -time.Hour, time.Hour, "prober")
	certPEM, keyPEM := pair(t, client)
	certFile, keyFile, ca := file(t, certPEM), file(t, keyPEM), file(t, a.text())
	url := secured(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, -time.Hour, time.Hour, "shop.example")}, ClientAuth: tls.RequestClientCert}, true)
	port := portOf(t, strings.TrimPrefix(url, "https://"))
	z := newZone(t, map[string][]string{"shop.example": {"127.0.0.1"}})
	tunnel, socks, secureTunnel := newRelay(t, "http", nil), newRelay(t, "socks5", nil), newRelay(t, "https", a)
	for _, tt := range []struct {
		name string
		set  func(*data.Monitor)
		args []string
	}{
		{"resolver", func(m *data.Monitor) { m.Resolver = z.at }, []string{"--resolve", "shop.example:" + port + ":127.0.0.1"}},
		{"CONNECT", func(m *data.Monitor) { m.Proxy = "http://" + tunnel.addr }, []string{"--proxy", "http://" + tunnel.addr}},
		{"CONNECT by TLS", func(m *data.Monitor) { m.Proxy = "https://" + secureTunnel.addr }, []string{"--proxy", "https://" + secureTunnel.addr, "--proxy-cacert", ca}},
		{"SOCKS5", func(m *data.Monitor) { m.Proxy = "socks5://" + socks.addr }, []string{"--socks5-hostname", socks.addr}},
		{"client certificate", func(m *data.Monitor) { m.Resolver, m.TLS.Cert, m.TLS.Key = z.at, certFile, keyFile }, []string{"--resolve", "shop.example:" + port + ":127.0.0.1", "--cert", certFile, "--key", keyFile}},
		{"HTTP/1.1", func(m *data.Monitor) { m.Resolver, m.Protocol = z.at, "http1" }, []string{"--resolve", "shop.example:" + port + ":127.0.0.1", "--http1.1"}},
		{"source", func(m *data.Monitor) { m.Resolver, m.Source = z.at, "127.0.0.99" }, []string{"--resolve", "shop.example:" + port + ":127.0.0.1", "--interface", "127.0.0.99"}},
	} {
		m := withBody(monitor("https://shop.example:" + port + "/"))
		m.TLS.CA = ca
		tt.set(m)
		r := once(t, probe.Options{}, m)
		wantOK(t, r)
		args := append([]string{"-q", "-s", "--max-time", "10", "--cacert", ca, "-w", " %{http_version}", m.URL}, tt.args...)
		cmd := exec.CommandContext(t.Context(), curl, args...)
		for _, v := range os.Environ() { // which curl would heed
			if !strings.Contains(strings.ToLower(v), "_proxy=") {
				cmd.Env = append(cmd.Env, v)
			}
		}
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: curl %v: %v", tt.name, args, err)
			continue
		}
		ours := string(r.Body) + " " + strings.TrimSuffix(strings.TrimPrefix(r.HTTP.Protocol, "HTTP/"), ".0")
		cut := func(s string) string { // but for the port that it came from
			head, rest, _ := strings.Cut(s, " from ")
			host, _, _ := strings.Cut(rest, ":")
			return head + " " + host + s[strings.LastIndexByte(s, ' '):]
		}
		if cut(ours) != cut(string(out)) {
			t.Errorf("%s: got %q, curl %q", tt.name, ours, out)
		}
	}
}
