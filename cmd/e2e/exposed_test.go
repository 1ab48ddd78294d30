package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What docs/security.md says of who may ask what, row by row, is what the programs do.
func TestWhatIsExposedIsWhatTheDocumentationSays(t *testing.T) {
	t.Parallel()
	rows := exposed(t)
	if len(rows) < 15 {
		t.Fatalf("docs/security.md has %d rows of paths; that cannot be all", len(rows))
	}
	plain, guarded := everything(t), everything(t, "MONITORINK_TOKEN="+exposedToken, "MONITORINK_READ_TOKEN="+exposedReader)
	for _, row := range rows {
		for _, program := range row.of {
			for i, as := range []struct {
				addr        string
				host, token string
			}{
				{plain[program], "", ""},
				{plain[program], "evil.example", ""},
				{guarded[program], "", ""},
				{guarded[program], "", exposedReader},
				{guarded[program], "", exposedToken},
			} {
				if got := askAs(t, row.method, "http://"+as.addr+row.path, as.host, as.token); !meant(row.cells[i], got) {
					t.Errorf("%s %s of %s, in column %d: %d; the page says %s", row.method, row.path, program, i+1, got, row.cells[i])
				}
			}
		}
	}
}

const (
	exposedToken  = "the-token-for-all-of-it"
	exposedReader = "the-token-to-look-alone"
)

// meant reports whether a cell of the table speaks of a status.
func meant(cell string, code int) bool {
	switch cell {
	case "yes": // whatever comes of it: without a body, or beside the collector that is there
		return code <= http.StatusBadRequest || code == http.StatusConflict
	case "–":
		return code == http.StatusNotFound
	}
	n, err := strconv.Atoi(cell)
	return err == nil && n == code
}

type exposedRow struct {
	method, path string
	of           []string // programs
	cells        []string
}

// exposed reads the table of paths.
func exposed(t *testing.T) (rows []exposedRow) {
	t.Helper()
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		request, _, _ := strings.Cut(strings.TrimPrefix(cells[0], "`"), "`")
		method, path, ok := strings.Cut(request, " ")
		if !ok || len(cells) != 7 || method != "GET" && method != "POST" {
			continue
		}
		of := strings.Split(cells[1], ", ")
		if cells[1] == "all" {
			of = []string{"heartbeat", "collector", "monitorink"}
		}
		rows = append(rows, exposedRow{method, path, of, cells[2:]})
	}
	return rows
}

// everything runs each program, and returns where each listens, once all know the monitor.
func everything(t *testing.T, env ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "monitors.yaml"), "monitors:\n  - { id: shop, url: 'http://127.0.0.1:1/', every: 1s }\n")
	at := map[string]string{}
	for _, program := range []string{"heartbeat", "monitorink", "collector"} {
		at[program] = freeAddr(t)
		start(t, program, append(env, "MONITORINK_MONITORS="+filepath.Join(dir, "monitors.yaml"), "MONITORINK_DATA_DIR="+filepath.Join(dir, program),
			"MONITORINK_HEARTBEAT_ADDR="+at[program], "MONITORINK_COLLECTOR_ADDR="+at[program], "MONITORINK_QUEUE_URL=http://"+at["heartbeat"]), "run")
	}
	token := ""
	if len(env) > 0 {
		token = exposedToken
	}
	for _, program := range []string{"collector", "monitorink"} { // of a heartbeat that is through its start
		eventually(t, 20*time.Second, program+" knows the monitor", func() bool {
			return get("http://"+at[program]+"/readyz", nil) == 200 && askAs(t, "GET", "http://"+at[program]+"/api/v1/monitors/shop", "", token) == 200
		})
	}
	return at
}

// askAs returns the status of an answer, of which it reads no more.
func askAs(t *testing.T, method, url, host, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
