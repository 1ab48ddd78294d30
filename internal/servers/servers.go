package servers

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const howTo = `this test needs real servers. All such tests: make test-integration. This one:
	deploy/local/test-servers.sh start && eval "$(deploy/local/test-servers.sh env)"`

// A place is where the servers of this run are.
type place struct {
	state   string   // their folder
	scripts string   // deploy/local
	environ []string // what the scripts are told
	kafka   int      // ports
	pg      int
	bouncer int
}

// find reads what test-servers.sh wrote down, and fails the test where there is nothing.
func find(t testing.TB) place {
	t.Helper()
	p := place{state: os.Getenv("MONITORINK_TEST_SERVERS")}
	if p.state == "" {
		t.Fatalf("MONITORINK_TEST_SERVERS is not set: %s", howTo)
	}
	facts, err := os.ReadFile(filepath.Join(p.state, "servers"))
	if err != nil {
		t.Fatalf("MONITORINK_TEST_SERVERS: %v: %s", err, howTo)
	}
	p.environ = os.Environ()
	for line := range strings.Lines(string(facts)) {
		line = strings.TrimSpace(line)
		p.environ = append(p.environ, line)
		name, value, _ := strings.Cut(line, "=")
		port, _ := strconv.Atoi(value)
		switch name {
		case "KAFKA_PORT":
			p.kafka = port
		case "POSTGRES_PORT":
			p.pg = port
		case "PGBOUNCER_PORT":
			p.bouncer = port
		}
	}
	p.scripts = filepath.Join(root(t), "deploy", "local")
	return p
}

// root is the repository's folder: the one above the test that has the scripts.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "deploy", "local", "test-servers.sh")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			t.Fatalf("no deploy/local/test-servers.sh above %s", dir)
		}
	}
}

func (p place) cert(name string) string { return filepath.Join(p.state, "certs", name) }

func (p place) address(host string, port int) string { return host + ":" + strconv.Itoa(port) }

// run gives a script its input, and returns what it writes to standard output.
func (p place) run(input, script string, arguments ...string) (string, error) {
	return run(p.environ, input, filepath.Join(p.scripts, script), arguments...)
}

// must is run for what has to succeed.
func (p place) must(t testing.TB, input, script string, arguments ...string) string {
	t.Helper()
	output, err := p.run(input, script, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func run(environ []string, input, program string, arguments ...string) (string, error) {
	var output, complaint bytes.Buffer
	cmd := exec.Command(program, arguments...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environ, strings.NewReader(input), &output, &complaint
	if err := cmd.Run(); err != nil {
		return output.String(), fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(program), strings.Join(arguments, " "), err, &output, &complaint)
	}
	return output.String(), nil
}

// unique is a name that no other test has, and that says whose it is.
func unique(t testing.TB) string {
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(t.Name()))
	return name[:min(len(name), 40)] + "_" + hex.EncodeToString(random[:])
}
