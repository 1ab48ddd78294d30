package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Ports are those that the documentation writes, and what they become.
type ports map[string]int

func portsFrom(base int) ports {
	return ports{"8080": base + 80, "8081": base + 81, "9092": base + 92, "5432": base + 32}
}

var port = regexp.MustCompile(`\b(8080|8081|9092|5432)\b`)

// in replaces the ports in a text.
func (p ports) in(text string) string {
	return port.ReplaceAllStringFunc(text, func(s string) string { return strconv.Itoa(p[s]) })
}

// free says which of the ports somebody has.
func (p ports) free() error {
	for _, n := range p {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", n))
		if err != nil {
			return fmt.Errorf("port %d is taken; choose others with --base (%w)", n, err)
		}
		ln.Close()
	}
	return nil
}

// environ is what the programs of a page find: our variables as they are by default,
// but on the ports, and the repository's address led to the folder source.
func (p ports) environ(source, infra string) []string {
	var list []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MONITORINK_") && !strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS") {
			list = append(list, v)
		}
	}
	at := func(s string) string { return fmt.Sprintf("127.0.0.1:%d", p[s]) }
	return append(list,
		"MONITORINK_COLLECTOR_ADDR="+at("8080"), "MONITORINK_HEARTBEAT_ADDR="+at("8081"), "MONITORINK_QUEUE_URL=http://"+at("8081"),
		"MONITORINK_KAFKA_BROKERS="+at("9092"), "MONITORINK_POSTGRES_URL=postgres://monitorink@"+at("5432")+"/monitorink",
		"KAFKA_PORT="+strconv.Itoa(p["9092"]), "POSTGRES_PORT="+strconv.Itoa(p["5432"]), "INFRA_DIR="+infra, "INFRA_BY=scripts",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+source+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/monitorink/monitorink")
}

// copyTo makes a repository of what is in this one, committed or not.
func copyTo(ctx context.Context, source string, p ports) error {
	listed, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("list the files of the repository: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(listed), "\x00"), "\x00") {
		if err := copyFile(name, filepath.Join(source, name), p); err != nil {
			return err
		}
	}
	for _, words := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A", "-f"},
		{"-c", "user.name=docs", "-c", "user.email=docs@example.com", "commit", "-q", "-m", "what is in the folder"},
	} {
		cmd := exec.CommandContext(ctx, "git", words...)
		cmd.Dir = source
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w\n%s", words[0], err, out)
		}
	}
	return nil
}

func copyFile(from, to string, p ports) error {
	info, err := os.Lstat(from)
	switch {
	case os.IsNotExist(err):
		return nil // deleted, and not committed yet
	case err != nil:
		return err
	case info.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if from == "monitors.yaml" { // it watches what listens there
		b = []byte(p.in(string(b)))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, info.Mode().Perm())
}
