package config_test

import (
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

func TestWhoMayComeInIsChecked(t *testing.T) {
	for _, v := range []struct{ environ, want string }{
		{"MONITORINK_READ_TOKEN=aaaaaaaaaaaaaaaa", "MONITORINK_TOKEN is not set: MONITORINK_READ_TOKEN is set, so a token that opens the rest is required; set it, or MONITORINK_TOKEN_FILE"},
		{"MONITORINK_COLLECTOR_ADDR=:80 MONITORINK_READ_TOKEN=aaaaaaaaaaaaaaaa", "MONITORINK_TOKEN is not set: MONITORINK_COLLECTOR_ADDR is not a loopback address"},
		{"MONITORINK_TOKEN=aaaaaaaaaaaaaaaa MONITORINK_READ_TOKEN=aaaaaaaaaaaaaaaa", "MONITORINK_READ_TOKEN is (secret): write another value than that of MONITORINK_TOKEN"},
		{"MONITORINK_TOKEN=aaaaaaaaaaaaaaaa MONITORINK_READ_TOKEN=ä", "MONITORINK_READ_TOKEN is (secret): write printable ASCII without spaces"},
		{"MONITORINK_TOKEN=aaaaaaaaaaaaaaaa MONITORINK_READ_TOKEN=bbbbbbbbbbbbbbbb", ""},
		{"MONITORINK_HOSTS=http://a.example", `MONITORINK_HOSTS is "http://a.example": write names as they are in a URL, without scheme and port`},
		{"MONITORINK_HOSTS=a.example:80", "MONITORINK_HOSTS is"},
		{"MONITORINK_HOSTS=a.example,", "MONITORINK_HOSTS is"},
		{"MONITORINK_HOSTS=a.example,b.example", ""},
		{"MONITORINK_PPROF_ADDR=:6060", `MONITORINK_PPROF_ADDR is ":6060": write off, or a loopback address and a port, such as 127.0.0.1:6060`},
		{"MONITORINK_PPROF_ADDR=0.0.0.0:6060", "MONITORINK_PPROF_ADDR is"},
		{"MONITORINK_PPROF_ADDR=on", "MONITORINK_PPROF_ADDR is"},
		{"MONITORINK_PPROF_ADDR=[::1]:6060", ""},
		{"MONITORINK_PPROF_ADDR=off", ""},
	} {
		_, err := config.Load(strings.Fields(v.environ))
		if (err == nil) != (v.want == "") || err != nil && (!strings.HasPrefix(err.Error(), v.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %s", v.environ, err, v.want)
		}
	}
}

func TestATokenThatCanBeGuessedIsWarnedOf(t *testing.T) {
	for environ, want := range map[string]string{
		"MONITORINK_TOKEN=short": "MONITORINK_TOKEN has 5 characters, which can be guessed: openssl rand -hex 24 makes a good one",
		"MONITORINK_TOKEN=aaaaaaaaaaaaaaaa MONITORINK_READ_TOKEN=short":                "MONITORINK_READ_TOKEN has 5 characters, which can be guessed: openssl rand -hex 24 makes a good one",
		"MONITORINK_TOKEN=aaaaaaaaaaaaaaaa MONITORINK_HOSTS=a.example":                 "MONITORINK_HOSTS has no effect: with MONITORINK_TOKEN a listener answers to any name",
		"MONITORINK_TOKEN=aaaaaaaaaaaaaaaa MONITORINK_READ_TOKEN=bbbbbbbbbbbbbbbbbbbb": "",
	} {
		c, err := config.Load(strings.Fields(environ))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Warnings, "\n"); got != want {
			t.Errorf("%s: %q, want %q", environ, got, want)
		}
	}
}
