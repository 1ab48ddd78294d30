package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
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

// noticed runs m's test with the break laid over the tree, and says how it failed.
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
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return "", err
	}
	args := []string{"test", "-count=1", "-timeout=120s", "-run", m.run}
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
	unnoticed, left := 0, 0
	fmt.Println("| broken | in | noticed by | s |")
	fmt.Println("|---|---|---|---|")
	for _, m := range mutations {
		if !strings.Contains(m.name, only) {
			continue
		}
		if m.servers && os.Getenv("MONITORINK_TEST_SERVERS") == "" {
			left++
			continue
		}
		began := time.Now()
		by, err := m.noticed(root, dir)
		if err != nil {
			unnoticed++
			by = "NOTHING: " + err.Error()
		} else {
			by = fmt.Sprintf("`%s` of `%s`", by, m.pkg)
		}
		fmt.Printf("| %s | `%s` | %s | %.0f |\n", m.name, m.file, by, time.Since(began).Seconds())
	}
	if left > 0 {
		fmt.Printf("\n%d more need servers: deploy/local/test-servers.sh start, and what its env prints\n", left)
	}
	if unnoticed > 0 {
		return fmt.Errorf("%d breaks are not noticed", unnoticed)
	}
	return nil
}

func main() {
	only := flag.String("only", "", "only those whose name holds this")
	flag.Parse()
	if err := run(*only); err != nil {
		fmt.Fprintln(os.Stderr, "breaks:", err)
		os.Exit(1)
	}
}
