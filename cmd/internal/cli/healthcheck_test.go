package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
)

// aDaemon answers /livez, without asking for a token.
func aDaemon(t *testing.T, code int, body string) (addr string) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/livez" {
			t.Errorf("it asks %s", r.URL.Path)
		}
		w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

func TestHealthcheckAsksTheListenerOfItsOwnDaemon(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	for name, c := range map[string]struct {
		root             *cobra.Command
		variable, answer string
	}{
		"heartbeat":  {Heartbeat(), "MONITORINK_HEARTBEAT_ADDR", "it lives"},
		"collector":  {Collector(), "MONITORINK_COLLECTOR_ADDR", "it lives"},
		"monitorink": {Monitorink(), "MONITORINK_COLLECTOR_ADDR", "it lives"},
	} {
		t.Run(name, func(t *testing.T) {
			_, port, _ := strings.Cut(aDaemon(t, http.StatusOK, `{"status":"alive"}`), ":")
			t.Setenv(c.variable, ":"+port) // every address, as in a container
			var out, problem bytes.Buffer
			if code := app.Run(t.Context(), c.root, []string{"healthcheck"}, &out, &problem); code != 0 || out.String() != "http://127.0.0.1:"+port+"/livez: it lives\n" {
				t.Errorf("exit code %d, %q, %q", code, out.String(), problem.String())
			}
		})
	}
}

func TestHealthcheckSaysInOneLineWhyNot(t *testing.T) {
	for name, c := range map[string]struct{ addr, want string }{
		"nobody listens":      {"127.0.0.1:1", "http://127.0.0.1:1/livez: dial tcp 127.0.0.1:1: connect: connection refused"},
		"another answer":      {aDaemon(t, http.StatusNotFound, ""), "it answers 404 Not Found"},
		"a redirect":          {aDaemon(t, http.StatusFound, ""), "it answers 302 Found"},
		"another server":      {aDaemon(t, http.StatusOK, "It works!"), "another server answers there"},
		"another's JSON":      {aDaemon(t, http.StatusOK, `{"status":"UP"}`), "another server answers there"},
		"a wrong environment": {"nonsense", "MONITORINK_COLLECTOR_ADDR is \"nonsense\": write host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MONITORINK_COLLECTOR_ADDR", c.addr)
			var out, problem bytes.Buffer
			code := app.Run(t.Context(), Collector(), []string{"healthcheck"}, &out, &problem)
			if code != 1 || !strings.Contains(problem.String(), c.want) || strings.Count(problem.String(), "\n") != 1 {
				t.Errorf("exit code %d, %q, want 1 and one line with %q", code, problem.String(), c.want)
			}
		})
	}
}
