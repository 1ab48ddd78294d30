package probe_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// A specimen is a server of the zoo with what must be found of it.
type specimen struct {
	name   string
	server server
	kind   data.ErrorKind // none: an answer
	phase  string
	curl   exits
	status int // of the answer, if there was one; an answer without: 200
}

// exits are the codes that curl may end with; none: it knows no such thing.
type exits []int

func curl(codes ...int) exits { return codes }

func TestEveryServerOfTheZooIsToldAsDocumentedAndAsCurlDoes(t *testing.T) {
	z := newZoo(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: z.ours.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	path, exact := findCurl(t)
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			st := s.server(t, z)
			// A busy machine may need all of a short time before the fault strikes.
			for _, timeout := range s.timeouts() {
				var other chan theirs
				if path != "" && s.curl != nil {
					other = make(chan theirs, 1)
					go func() { other <- runCurl(t.Context(), path, ca, timeout, st) }() // waited for below
				}
				mine := s.probe(t, z, st, timeout)
				wrong := s.wrong(mine)
				if other != nil {
					differ := s.differ(mine, <-other)
					if differ != nil && !exact {
						t.Log("with this curl: ", differ)
						differ = nil
					}
					wrong = errors.Join(wrong, differ)
				}
				if wrong == nil {
					return
				}
				if timeout == s.timeouts()[len(s.timeouts())-1] {
					t.Error(wrong)
				}
			}
		})
	}
}

// findCurl returns where curl is, and whether it is of the version that the map is
// of: its codes change from one to the next.
func findCurl(t *testing.T) (path string, exact bool) {
	path, err := exec.LookPath("curl")
	if err != nil {
		t.Log("curl is not installed, so nothing is compared with it: ", err)
		return "", false
	}
	version, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if err != nil || !bytes.Contains(version, []byte("HTTP2")) {
		t.Logf("%s does not speak HTTP/2, so nothing is compared with it: %v", path, err)
		return "", false
	}
	exact = strings.HasPrefix(string(version), "curl "+curlVersion+".")
	if !exact {
		t.Logf("curl is not of version %s, so its codes may differ: %.20s", curlVersion, version)
	}
	return path, exact
}

// curlVersion is the version whose codes docs/errors.md has.
const curlVersion = "7.88"

func (s specimen) timeouts() []time.Duration {
	if s.kind == data.ErrTimeout {
		return []time.Duration{300 * time.Millisecond, 3 * time.Second}
	}
	return []time.Duration{10 * time.Second}
}

func (s specimen) probe(t *testing.T, z *zoo, st stand, timeout time.Duration) *probe.Response {
	m := withBody(monitor(st.url))
	m.Redirects, m.Timeout = 5, data.Duration(timeout)
	if st.ask != nil {
		st.ask(m)
	}
	st.options.RootCAs = z.ours.pool
	return once(t, st.options, m)
}

func (s specimen) wrong(r *probe.Response) error {
	var kind data.ErrorKind
	var phase, message string
	var status int
	if r.Err != nil {
		kind, phase, message = r.Err.Kind, r.Err.Phase, r.Err.Message
	}
	if r.HTTP != nil {
		status = r.HTTP.Status
	}
	want := s.status
	if want == 0 && s.kind == "" {
		want = 200
	}
	if kind != s.kind || !slices.Contains(strings.Split(s.phase, " or "), phase) || status != want {
		return fmt.Errorf("got kind %q, phase %q, status %d (%s); want %q, %q, %d", kind, phase, status, message, s.kind, s.phase, want)
	}
	return nil
}

// theirs is what curl says.
type theirs struct {
	code    int
	status  int
	body    []byte
	message string
}

func runCurl(ctx context.Context, path, ca string, timeout time.Duration, st stand) theirs {
	args := []string{
		"-q", "-s", "-S", "-L", "--max-redirs", "5", "--proto-redir", "=http,https", "--noproxy", "*", "--cacert", ca, "--compressed", "-A", "Monitorink",
		"--max-time", strconv.FormatFloat(timeout.Seconds(), 'f', 3, 64), "-w", "%{stderr}\n%{http_code}",
	}
	var body, said bytes.Buffer
	ctx, cancel := context.WithTimeout(ctx, timeout+5*time.Second) // it does not look at its time while it is flooded
	defer cancel()
	c := exec.CommandContext(ctx, path, append(append(args, st.curl...), cmp.Or(st.curlURL, st.url))...)
	c.Stdout, c.Stderr = &body, &said
	err := c.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return theirs{code: 28, message: "ended from outside"}
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return theirs{code: -1, message: err.Error()}
	}
	message, status, _ := cutLast(strings.TrimSpace(said.String()), "\n")
	n, _ := strconv.Atoi(status)
	return theirs{c.ProcessState.ExitCode(), n, body.Bytes(), message}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

func (s specimen) differ(r *probe.Response, c theirs) error {
	switch {
	case !slices.Contains(s.curl, c.code):
		return fmt.Errorf("curl ends with %d (%s), want one of %d", c.code, c.message, s.curl)
	case c.code != 0 || r.Err != nil:
		return nil
	case c.status != r.HTTP.Status || !bytes.Equal(c.body, r.Body):
		return fmt.Errorf("curl has status %d and body %q, the probe %d and %q", c.status, c.body, r.HTTP.Status, r.Body)
	}
	return nil
}
