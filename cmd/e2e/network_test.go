package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The policy holds in the daemon and in each command, metadata by default.
func TestTheNetworkPolicyHoldsEverywhere(t *testing.T) {
	w := newWitness(t)
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	if err := os.WriteFile(file, []byte("monitors: [{ id: cloud, url: 'http://169.254.169.254/latest' }, { id: here, url: '"+w.url+"/x', every: 200ms }]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	use, deny := "MONITORINK_MONITORS="+file, "MONITORINK_DENY=loopback"
	for _, c := range []struct {
		env, args []string
		code      int
		want      string
	}{
		{nil, []string{"probe", "http://169.254.169.254/"}, 1, "down: blocked in connect: the address 169.254.169.254:80 is not allowed: MONITORINK_DENY has metadata"},
		{[]string{deny}, []string{"probe", w.url + "/probe"}, 1, "MONITORINK_DENY has loopback (127.0.0.0/8); if it is to be probed, MONITORINK_ALLOW can make an exception"},
		{[]string{deny, "MONITORINK_ALLOW=127.0.0.1"}, []string{"probe", w.url + "/allowed"}, 0, "\nup\n"},
		{[]string{"MONITORINK_DENY=localhost"}, []string{"probe", w.url + "/probe"}, 2, `MONITORINK_DENY is "localhost": "localhost" is not an address, a network or a preset`},
		{nil, []string{"validate", file}, 0, "warning: " + file + ": cloud: the address 169.254.169.254 is not allowed: MONITORINK_DENY has metadata"},
		{[]string{use}, []string{"check"}, 1, "FAIL  network policy, MONITORINK_DENY=metadata: 1 cannot be probed\n      cloud: the address 169.254.169.254 is not allowed"},
		{[]string{use, "MONITORINK_ALLOW=metadata"}, []string{"check"}, 0, "ok    network policy"},
	} {
		p := start(t, "heartbeat", c.env, c.args...)
		if code := p.wait(20 * time.Second); code != c.code || !strings.Contains(p.out.String(), c.want) {
			t.Errorf("%v %v: exit code %d, want %d and %q:\n%s", c.env, c.args, code, c.code, c.want, p.out)
		}
	}
	addr := freeAddr(t)
	p := start(t, "monitorink", []string{use, deny, "MONITORINK_COLLECTOR_ADDR=" + addr}, "run")
	var all list
	eventually(t, 10*time.Second, "three measurements", func() bool {
		return get("http://"+addr+"/api/v1/monitors/here/measurements", &all) == 200 && len(all.Items) > 2
	})
	for _, m := range all.Items {
		if e, _ := m["error"].(map[string]any); e["kind"] != "blocked" {
			t.Errorf("got %v, want it blocked", m)
		}
	}
	p.stop()
	if n := len(w.answered("/x")) + len(w.answered("/probe")); n > 0 {
		t.Errorf("%d requests have come through", n)
	}
}
