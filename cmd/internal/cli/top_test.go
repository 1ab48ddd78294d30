package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
)

func TestTopTellsOfWrongFlags(t *testing.T) {
	for _, tc := range []struct {
		args, want string
		code       int
	}{
		{"top --sort size", `--sort "size": write state, monitor, latency, last`, 2},
		{"top --url shop.example", `--url: "shop.example" is not the URL of a collector: write such as http://127.0.0.1:8080`, 2},
		{"top --url http://me:secret@shop.example", "a token into MONITORINK_TOKEN", 2},
		{"top --url http://127.0.0.1:1", "http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused: no collector is there; --url, or MONITORINK_COLLECTOR_ADDR, says where one is", 1},
		{"top now", "takes no argument", 2},
	} {
		var out, problem bytes.Buffer
		if code := app.Run(t.Context(), Monitorink(), strings.Fields(tc.args), &out, &problem); code != tc.code || !strings.Contains(problem.String(), tc.want) {
			t.Errorf("%s: exit code %d, %q, want %d and %q", tc.args, code, problem.String(), tc.code, tc.want)
		}
	}
}

func TestTopNeedsNoMoreThanTheTokenToLook(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer readreadreadread" {
			t.Errorf("it sends %q", got)
		}
		fmt.Fprint(w, `{"rows":0,"columns":{}}`)
	}))
	defer srv.Close()
	t.Setenv("MONITORINK_COLLECTOR_ADDR", ":8080") // of no machine that is asked
	t.Setenv("MONITORINK_READ_TOKEN", "readreadreadread")
	var out, problem bytes.Buffer
	if code := app.Run(t.Context(), Monitorink(), []string{"top", "--url", srv.URL}, &out, &problem); code != 0 || problem.String() != "" {
		t.Errorf("exit code %d, %s", code, &problem)
	}
}

func TestTopAsksThisMachineWithTheLesserToken(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", ":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "10.1.2.3:80": "10.1.2.3:80",
	} {
		if got := reachable(addr); got != want {
			t.Errorf("%s is reached at %s, want %s", addr, got, want)
		}
	}
	if got := tokenOf(&config.Config{Token: "all", ReadToken: "look"}) + tokenOf(&config.Config{Token: "all"}); got != "lookall" {
		t.Error(got)
	}
}
