package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOursIsInOrder(t *testing.T) {
	wrong, err := check([]string{"../../docker-compose.yml"})
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
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "compose.yml")
			if err := os.WriteFile(file, []byte(strings.Replace(good, c.old, c.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			wrong, err := check([]string{file})
			if err != nil {
				wrong = append(wrong, err.Error())
			}
			if got := len(wrong) > 0; got != (c.want != "") || got && !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, c.want) }) {
				t.Errorf("got %q, want %q", wrong, c.want)
			}
		})
	}
}
