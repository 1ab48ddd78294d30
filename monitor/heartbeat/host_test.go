package heartbeat_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// No more of a host's monitors are probed at once than may be, whatever their ports
// and paths are, also after a reload; what waits is counted.
func TestAHostIsSpared(t *testing.T) {
	var mu sync.Mutex
	atOnce, most := map[string]int{}, map[string]int{}
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.Host, ":")
		host = strings.ToLower(host)
		mu.Lock()
		atOnce[host]++
		most[host] = max(most[host], atOnce[host])
		mu.Unlock()
		select {
		case <-time.After(20 * time.Millisecond):
		case <-r.Context().Done():
		}
		mu.Lock()
		atOnce[host]--
		mu.Unlock()
	}))
	defer target.Close()
	set := func(version string) (list []data.Monitor) {
		for i := range 20 {
			for _, url := range []string{target.URL, strings.Replace(target.URL, "127.0.0.1", "localhost", 1), strings.Replace(target.URL, "127.0.0.1", "LocalHost", 1)} {
				m := monitor(fmt.Sprint(url[7:16], i), fmt.Sprint(url, "/", version, i), 200*time.Millisecond)
				m.Timeout = data.Duration(time.Second) // the machine of a test may be slow
				list = append(list, m)
			}
		}
		return list
	}
	j := newJournal()
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, HostInFlight: 2}, set("a"))
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	j.wait(t, "100 measurements", func([]data.Event) bool { return h.Stats().Up > 100 })
	if _, err := h.Reload(t.Context(), set("b")); err != nil {
		t.Fatal(err)
	}
	j.wait(t, "300 measurements", func([]data.Event) bool { return h.Stats().Up > 300 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if len(most) != 2 {
		t.Errorf("the hosts are %v", most)
	}
	for host, n := range most {
		if n != 2 {
			t.Errorf("%s: %d probes at once, want 2", host, n)
		}
	}
	if h.Stats().Held == 0 {
		t.Error("no slot was held")
	}
}
