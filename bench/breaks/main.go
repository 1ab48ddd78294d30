package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A mutation is one way to break the code, and the test that has to notice.
type mutation struct {
	name     string // what is broken, as docs/reliability.md says it
	file     string
	old, new string // old stands in file exactly once
	pkg, run string // the package and the test, as go test takes them
	servers  bool   // the test needs those that MONITORINK_TEST_SERVERS tells of
}

// broken is the text of m's file with the break in it.
func (m *mutation) broken(root string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return nil, fmt.Errorf("%s: what %q replaces stands there %d times, want once", m.file, m.name, n)
	}
	return []byte(strings.Replace(string(text), m.old, m.new, 1)), nil
}

var failed = regexp.MustCompile(`--- FAIL: (\S+)|panic: |fatal error: `)

// noticed runs m's test with the break, of which dir is to be made, laid over the tree, and
// says how it failed.
func (m *mutation) noticed(root, dir string) (string, error) {
	text, err := m.broken(root)
	if err != nil {
		return "", err
	}
	file, overlay := filepath.Join(dir, filepath.Base(m.file)), filepath.Join(dir, "overlay.json")
	replace := map[string]map[string]string{"Replace": {filepath.Join(root, m.file): file}}
	list, err := json.Marshal(replace)
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(file, text, 0o600)); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return "", err
	}
	args := []string{"test", "-count=1", "-vet=off", "-timeout=120s", "-run", m.run}
	if m.servers {
		args = append(args, "-tags=integration")
	}
	cmd := exec.Command("go", append(args, m.pkg)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay) // programs that tests build are broken, too
	out, err := cmd.CombinedOutput()
	if err == nil {
		return "", fmt.Errorf("go test -run %q %s passes in spite of it", m.run, m.pkg)
	}
	found := failed.FindStringSubmatch(string(out))
	if found == nil {
		return "", fmt.Errorf("go test -run %q %s: %w\n%s", m.run, m.pkg, err, out)
	}
	if found[1] == "" {
		return strings.TrimSpace(found[0]), nil
	}
	return found[1], nil
}

func run(only string) error {
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	dir, err := os.MkdirTemp("", "breaks-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	chosen, left := choose(only)
	fmt.Println("| broken | in | noticed by | s |")
	fmt.Println("|---|---|---|---|")
	unnoticed := 0
	for i, r := range tryAll(chosen, root, dir) {
		got, m := <-r, chosen[i]
		by := fmt.Sprintf("`%s` of `%s`", got.by, m.pkg)
		if got.err != nil {
			unnoticed++
			by = "NOTHING: " + got.err.Error()
		}
		fmt.Printf("| %s | `%s` | %s | %.0f |\n", m.name, m.file, by, got.took.Seconds())
	}
	if left > 0 {
		fmt.Printf("\n%d more need servers: deploy/local/test-servers.sh start, and what its env prints\n", left)
	}
	if unnoticed > 0 {
		return fmt.Errorf("%d breaks are not noticed", unnoticed)
	}
	return nil
}

// choose returns the mutations whose name holds only, and how many of them lack servers.
func choose(only string) (chosen []mutation, left int) {
	for _, m := range mutations {
		switch {
		case !strings.Contains(m.name, only):
		case m.servers && os.Getenv("MONITORINK_TEST_SERVERS") == "":
			left++
		default:
			chosen = append(chosen, m)
		}
	}
	return chosen, left
}

// atOnce is how many breaks are tried beside each other: what they build and test waits as
// much as it works.
const atOnce = 2

// A result is what came of a break.
type result struct {
	by   string // the test that noticed
	err  error  // why none did
	took time.Duration
}

// tryAll tries all of chosen, and returns at once what each result comes by.
func tryAll(chosen []mutation, root, dir string) []chan result {
	results := make([]chan result, len(chosen)) // one value each
	places := make(chan struct{}, atOnce)       // never closed
	var servers sync.Mutex                      // one after the other has them
	for i := range chosen {
		results[i] = make(chan result, 1)
		go func() { // who reads the results waits for it
			m := &chosen[i]
			if m.servers {
				servers.Lock()
				defer servers.Unlock()
			}
			places <- struct{}{}
			defer func() { <-places }()
			began := time.Now()
			by, err := m.noticed(root, filepath.Join(dir, strconv.Itoa(i)))
			results[i] <- result{by, err, time.Since(began)}
		}()
	}
	return results
}

func main() {
	only := flag.String("only", "", "only those whose name holds this")
	flag.Parse()
	if err := run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "breaks:", err)
		os.Exit(1)
	}
}
