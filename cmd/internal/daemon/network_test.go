package daemon_test

import (
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
	"github.com/monitorink/monitorink/data"
)

func TestDeniedTellsOfEveryURLWithAnAddress(t *testing.T) {
	cfg, err := config.Load([]string{"MONITORINK_DENY=private", "MONITORINK_ALLOW=10.1.0.0/16"})
	if err != nil {
		t.Fatal(err)
	}
	for url, denied := range map[string]bool{
		"http://169.254.169.254/":              true,
		"http://169.254.169.254":               true,
		"https://10.0.0.1:8443/x?y#z":          true,
		"http://[::1]/":                        true,
		"http://[::ffff:7f00:1]:80":            true,
		"http://127。0。0。1/":                    false, // a name
		"http://１０.0.0.1/":                     false, // a name
		"http://10.1.2.3/":                     false,
		"http://8.8.8.8/":                      false,
		"http://shop.example/":                 false,
		"http://localhost/":                    false, // known when it is looked up
		"http://host-1/10.0.0.1":               false,
		"http://${env:HOST}/":                  false,
		"http://shop.example/?to=http://[::1]": false,
	} {
		list := []data.Monitor{{ID: "m", URL: url, Timeout: data.Duration(time.Second)}}
		got, err := daemon.Denied(cfg, list)
		if err != nil || (len(got) > 0) != denied || denied && !strings.Contains(got[0], "m: the address ") {
			t.Errorf("%s: %q, %v", url, got, err)
		}
	}
}
