package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/data"
)

// watching runs heartbeat probe against a target that is up thrice, down twice and up
// again, until end probes were answered, and returns what it said.
func watching(t *testing.T, end int64, args ...string) (out, problem string, code int) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch i := n.Add(1); {
		case i > end:
			interrupt() // in the middle of a probe
			return
		case i == 4 || i == 5:
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer srv.Close()
	var stdout, stderr bytes.Buffer
	code = app.Run(ctx, Heartbeat(), append([]string{"probe", srv.URL, "--watch", "--every", "100ms"}, args...), &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

func TestWatchHasALineForEachProbeAndSaysWhatChangedAndWhatItCameTo(t *testing.T) {
	out, problem, code := watching(t, 6)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 1 || !strings.Contains(problem, "was down in 2 of 6 probes") || len(lines) != 13 {
		t.Fatalf("exit code %d, %q, %d lines:\n%s", code, problem, len(lines), out)
	}
	for i, want := range map[int]string{
		0:  `^GET http://127\.0\.0\.1:\d+ every 100ms; Ctrl-C ends$`,
		2:  `^time +state code +total +dns +connect +tls +request first_byte +transfer$`,
		3:  `^\d\d:\d\d:\d\d\.\d{3}  up     200 +[0-9.]+(µs|ms) +- +[0-9.]+(µs|ms) +- .*$`,
		6:  `  down   502 .*  expectation: status.*502.*  code 200 → 502  status ok → FAIL$`,
		7:  `  down   502 .* -$`, // nothing new
		8:  `  up     200 .*  code 502 → 200  status FAIL → ok$`,
		10: `^6 probes in \d+s: 4 up, 2 down, 66\.67 % up$`,
		11: `^total of those that were up: min [^ ]+s, p50 [^ ]+s, p95 [^ ]+s, p99 [^ ]+s, max [^ ]+s$`,
		12: `^down: expectation 2$`,
	} {
		if !regexp.MustCompile(want).MatchString(lines[i]) {
			t.Errorf("line %d is %q, want %s", i, lines[i], want)
		}
	}
}

func TestWatchAsJSONIsEventsAndNothingElse(t *testing.T) {
	out, _, code := watching(t, 3, "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 3 {
		t.Fatalf("exit code %d, %d lines:\n%s", code, len(lines), out)
	}
	for _, l := range lines {
		var event struct{ Schema, State string }
		if err := json.Unmarshal([]byte(l), &event); err != nil || event.Schema != "measurement/1" || event.State != "up" {
			t.Errorf("%v: %s", err, l)
		}
	}
}

func TestWatchTellsOfWrongFlags(t *testing.T) {
	for _, tc := range []struct{ args, want string }{
		{"probe http://127.0.0.1:1/ --every 2s", "--every goes with --watch"},
		{"probe http://127.0.0.1:1/ --watch --every 5ms", "--every 5ms: at least 100ms is needed"},
	} {
		var out, problem bytes.Buffer
		if code := app.Run(t.Context(), Heartbeat(), strings.Fields(tc.args), &out, &problem); code != 2 || !strings.Contains(problem.String(), tc.want) {
			t.Errorf("%s: exit code %d, %q", tc.args, code, problem.String())
		}
	}
}

func TestASlowProbeLeavesOutWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		began, at := time.Now(), []time.Duration(nil)
		err := repeat(ctx, time.Second, func() (*data.Measurement, error) {
			at = append(at, time.Since(began))
			if len(at) == 2 {
				time.Sleep(2500 * time.Millisecond)
			}
			if len(at) == 5 {
				end()
			}
			return &data.Measurement{}, nil
		}, func(*data.Measurement) error { return nil })
		// A ticker holds one tick for who is late, and drops the others.
		want := []time.Duration{0, time.Second, 3500 * time.Millisecond, 4 * time.Second, 5 * time.Second}
		if err != nil || len(at) != len(want) {
			t.Fatal(at, err)
		}
		for i := range want {
			if at[i] != want[i] {
				t.Errorf("probe %d at %v, want %v", i, at[i], want[i])
			}
		}
	})
}

func TestPercentIsNotRoundedToAllOrNone(t *testing.T) {
	for _, tc := range []struct {
		n, of int64
		want  string
	}{{1, 1, "100 %"}, {0, 3, "0 %"}, {99_999, 100_000, "99.99 %"}, {1, 100_000, "0.01 %"}, {1, 2, "50.00 %"}} {
		if got := percent(tc.n, tc.of); got != tc.want {
			t.Errorf("%d of %d is %s, want %s", tc.n, tc.of, got, tc.want)
		}
	}
}
