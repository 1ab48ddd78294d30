package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A daemon is a process that listens.
type daemon struct {
	*process
	url string
}

// problems are the names of what keeps a daemon from being ready, with their
// words; ok says that it answered 503.
func (d *daemon) problems() (words map[string]string, ok bool) {
	var answer struct {
		Problems []struct{ Name, Message string }
	}
	ok = get(d.url+"/readyz", &answer) == http.StatusServiceUnavailable
	words = map[string]string{}
	for _, p := range answer.Problems {
		words[p.Name] = p.Message
	}
	return words, ok
}

func (d *daemon) ready() bool { return get(d.url+"/readyz", nil) == http.StatusOK }

// metric is the sum of a metric's series whose text contains part.
func (d *daemon) metric(name, part string) float64 {
	res, err := http.Get(d.url + "/metrics")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	sum := 0.0
	for _, line := range readLines(res.Body) {
		if strings.HasPrefix(line, name) && strings.Contains(line, part) {
			v, _ := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			sum += v
		}
	}
	return sum
}

// ends wants each process to end well after SIGTERM.
func ends(t *testing.T, all ...*process) {
	t.Helper()
	for _, p := range all {
		if code := p.stop(); code != 0 {
			t.Errorf("%s: exit code %d after SIGTERM, want 0", filepath.Base(p.cmd.Path), code)
		}
	}
}

func readLines(r io.Reader) []string {
	var lines []string
	for s := bufio.NewScanner(r); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}
