package monitors_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/data"
)

func TestWayToATargetIsReadAndCanBeTakenBack(t *testing.T) {
	got, err := monitors.Parse("f.yaml", []byte(`defaults:
  tls: { ca: ca.pem, cert: client.pem, key: client-key.pem, min_version: 1.3 }
  protocol: http2
  proxy: socks5://u:pw@proxy.example
  resolver: 10.0.0.53
  ip: 4
  source: 192.0.2.7
monitors:
  - { id: a, url: "https://a.example/", tls: { server_name: a.internal, insecure_skip_verify: true } }
  - id: b
    url: https://b.example/
    tls: { ca: system, cert: none, key: none }
    protocol: auto
    proxy: none
    resolver: system
    ip: any
    addresses: all
    source: any
  - { id: c, url: "https://c.example/", proxy: "https://${env:USER}:${file:/run/secrets/pw}@proxy.example", addresses: first }
`), monitors.Defaults{})
	if err != nil {
		t.Fatal(err)
	}
	type way struct {
		TLS                                            data.ClientTLS
		Protocol, Proxy, Resolver, IP, Addresses, From string
	}
	files := data.ClientTLS{CA: "ca.pem", Cert: "client.pem", Key: "client-key.pem", MinVersion: "1.3"}
	a := files
	a.ServerName, a.InsecureSkipVerify = "a.internal", true
	want := []way{
		{a, "http2", "socks5://u:pw@proxy.example", "10.0.0.53", "4", "", "192.0.2.7"},
		{data.ClientTLS{MinVersion: "1.3"}, "", "", "", "", "all", ""},
		{files, "http2", "https://${env:USER}:${file:/run/secrets/pw}@proxy.example", "10.0.0.53", "4", "", "192.0.2.7"},
	}
	var have []way
	for _, m := range got {
		have = append(have, way{m.TLS, m.Protocol, m.Proxy, m.Resolver, m.IP, m.Addresses, m.Source})
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestUnsafeWaysAreWarnedOfWhereTheyAreWritten(t *testing.T) {
	const text = `defaults: { tls: { insecure_skip_verify: true } }
monitors:
  - { id: a, url: "https://a.example/" }
  - { id: b, url: "https://b.example/" }
  - { id: c, url: "https://c.example/", tls: { insecure_skip_verify: true } }
  - { id: d, url: "https://d.example/", tls: { insecure_skip_verify: false } }
  - { id: e, url: "https://e.example/", tls: { insecure_skip_verify: true } }
`
	var got []string
	r := monitors.Reader{Warn: func(p monitors.Problem) {
		where, _, _ := strings.Cut(p.Error(), "insecure_skip_verify: any certificate is taken")
		got = append(got, filepath.Base(where))
	}}
	list, err := r.Load(filepath.Join(write(t, t.TempDir(), map[string]string{"f.yaml": text}), "f.yaml"))
	if err != nil || len(list) != 5 {
		t.Fatalf("%d monitors, %v", len(list), err)
	}
	want := []string{`f.yaml:3:5: monitors[0] "a": tls.`, `f.yaml:5:70: monitors[2] "c": tls.`, `f.yaml:7:70: monitors[4] "e": tls.`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
