package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// built is of all tests: to build takes longer than to check.
var built = programs{}

func TestMain(m *testing.M) {
	code := m.Run()
	built.remove()
	os.Exit(code)
}

func TestOursIsInOrder(t *testing.T) {
	wrong, err := check([]string{"../../docker-compose.yml"}, built)
	if err != nil || len(wrong) > 0 {
		t.Errorf("%v\n%s", err, strings.Join(wrong, "\n"))
	}
}

func TestFaultsAreNamed(t *testing.T) {
	const good = `
services:
  one:
    image: example/one:1.2.3
    ports: ["127.0.0.1:8080:80"]
    healthcheck: {test: [CMD, "true"]}
  ours:
    profiles: [app]
    image: monitorink/heartbeat
    ports: ["127.0.0.1:8081:8081"]
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    stop_grace_period: 40s
    command: [run]
    environment: {MONITORINK_QUEUE: disk}
    healthcheck: {test: [CMD, /usr/bin/heartbeat, healthcheck]}
configs:
  prometheus:
    content: "scrape_configs: [{ static_configs: [{ targets: ['ours:8081'] }] }]"
`
	for name, c := range map[string]struct{ old, new, want string }{
		"in order":        {"", "", ""},
		"latest":          {"one:1.2.3", "one:latest", "name a version"},
		"no tag":          {"one:1.2.3", "one", "name a version"},
		"port for all":    {"127.0.0.1:8080:80", "8080:80", "published to everyone"},
		"no health check": {"healthcheck", "x-healthcheck", "health check is missing"},
		"runs once":       {"healthcheck: {test: [CMD, \"true\"]}", `restart: "no"`, ""},
		"mount":           {"healthcheck", "volumes: [./gone:/x:ro]\n    healthcheck", "mount of /x"},
		"unknown key":     {"healthcheck", "helthcheck", "helthcheck"},

		"one port twice":     {"127.0.0.1:8081", "127.0.0.1:8080", "port 8080 is wanted by one and ours"},
		"root file system":   {"read_only: true", "read_only: false", "read_only: true"},
		"capabilities":       {"[ALL]", "[NET_RAW]", "cap_drop: [ALL]"},
		"privileges":         {"no-new-privileges:true", "label:disable", "no-new-privileges"},
		"another user":       {"command: [run]", "user: root", "the user is the image's"},
		"drain is cut":       {"40s", "10s", "stop_grace_period"},
		"unknown variable":   {"MONITORINK_QUEUE", "MONITORINK_QUEU", "did you mean MONITORINK_QUEUE?"},
		"wrong value":        {"disk", "disc", "write memory, disk or kafka"},
		"unknown command":    {"command: [run]", "command: [go]", "no command heartbeat go"},
		"another's check":    {"/usr/bin/heartbeat,", "/usr/bin/collector,", "the image has /usr/bin/heartbeat"},
		"no such check":      {", healthcheck]", ", health]", "no command heartbeat health"},
		"monitors elsewhere": {"command: [run]", "volumes: [.:/etc/monitorink]", "there is no such file"},
		"unknown target":     {"ours:8081'", "ours:8080'", "no service listens at ours:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "compose.yml")
			if err := os.WriteFile(file, []byte(strings.Replace(good, c.old, c.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			wrong, err := check([]string{file}, built)
			if err != nil {
				wrong = append(wrong, err.Error())
			}
			if got := len(wrong) > 0; got != (c.want != "") || got && !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, c.want) }) {
				t.Errorf("got %q, want %q", wrong, c.want)
			}
		})
	}
}
