package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// A target that fails every other time is up in every slot, and each failure is there
// to be seen.
func TestAttemptsAreAllServedAndTheLastOneDecides(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%2 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer target.Close()
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	text := "monitors: [{ id: shop, url: '" + target.URL + "/', every: 1s, timeout: 300ms, attempts: 3, attempt_delay: 50ms }]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := freeAddr(t)
	p := start(t, "monitorink", []string{"MONITORINK_MONITORS=" + file, "MONITORINK_COLLECTOR_ADDR=" + addr}, "run")
	defer p.stop()
	api := "http://" + addr + "/api/v1/monitors/shop"
	var rows list
	eventually(t, 30*time.Second, "two attempts in each of two slots", func() bool {
		if get(api+"/measurements", &rows) != http.StatusOK || len(rows.Items) < 4 {
			return false
		}
		seen := map[string]int{}
		for _, r := range rows.Items {
			seen[fmt.Sprint(r["attempt"], r["state"])]++
		}
		return seen["1down"] >= 2 && seen["2up"] >= 2
	})
	newest := rows.Items[0]
	if newest["attempt"] == 1.0 { // its second may come yet
		newest = rows.Items[1]
	}
	query := "/summary?to=" + newest["scheduled_at"].(string)[:len("2006-01-02T15:04:05.000")] + "Z"
	var summary struct{ Up, Down int }
	if code := get(api+query, &summary); code != http.StatusOK || summary.Up == 0 || summary.Down != 0 {
		t.Errorf("%s: %d, %+v; want slots that are up alone", query, code, summary)
	}
}
