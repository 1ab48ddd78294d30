// Package e2e proves the behaviour of the built programs from outside: real
// processes, real sockets, real signals.
package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is where TestMain built the programs.
var bin string

func TestMain(m *testing.M) {
	if os.Getenv(keeperDir) != "" {
		os.Exit(keep())
	}
	dir, err := os.MkdirTemp("", "monitorink-e2e-")
	if err != nil {
		panic(err)
	}
	bin = dir
	build := exec.Command("go", "build", "-o", dir, "../heartbeat", "../collector", "../monitorink")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		os.Exit(1)
	}
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue { // nobody chose
		f.Value.Set(strconv.Itoa(max(together, runtime.GOMAXPROCS(0))))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// built is the path of a program.
func built(program string) string {
	lookAtSources()
	return filepath.Join(bin, program)
}

// lookAtSources looks at what the programs are made of: go test takes the result of an
// earlier run for that of this one until something has changed that a test looked at.
var lookAtSources = sync.OnceFunc(func() {
	for _, dir := range []string{"cmd", "data", "monitor", "pipeline", "queue", "store", "web"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(_ string, entry fs.DirEntry, err error) error {
			if entry != nil && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return err
		})
		if err != nil {
			panic(err)
		}
	}
})

// A process is a program under test. Its output is kept for the failure's report.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *output
	done chan struct{} // closed once it has ended
}

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start runs program with args and env, and ends it with the test.
func start(t *testing.T, program string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), out: &output{}, done: make(chan struct{})}
	if !strings.Contains(program, "/") {
		p.cmd.Path = built(program)
	}
	p.cmd.Err = nil
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s %v:\n%s", program, args, tail(p.out.String()))
		}
	})
	return p
}

func tail(s string) string {
	const most = 6000
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// kill ends the process with -9, and waits for its end.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// stop ends the process with SIGTERM and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	p.cmd.Process.Signal(syscall.SIGTERM)
	return p.wait(40 * time.Second)
}

// wait waits for the process to end by itself.
func (p *process) wait(limit time.Duration) int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(limit):
		p.t.Fatalf("it has not ended within %v", limit)
	}
	return p.cmd.ProcessState.ExitCode()
}

// freeAddr is a loopback address that nothing listens on, of no port that an outgoing
// connection may get meanwhile.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(11_000))
		if ln, err := net.Listen("tcp", addr); err == nil {
			ln.Close()
			return addr
		}
	}
	t.Fatal("found no free port between 20000 and 31000")
	return ""
}

// eventually asks until ok, or fails.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, limit)
		}
		<-tick.C
	}
}

// get reads a URL; 0 when nobody answers.
func get(url string, into any) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0
	}
	if into != nil {
		if err := json.Unmarshal(b, into); err != nil {
			return 0
		}
	}
	return res.StatusCode
}

// A witness is a target that logs each request that it answered, by path.
type witness struct {
	url string
	mu  sync.Mutex
	log map[string][]time.Time
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{log: map[string][]time.Time{}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + ln.Addr().String()
	srv := &http.Server{Handler: w}
	go srv.Serve(ln) // ends with Close
	t.Cleanup(func() {
		if err := srv.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return w
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	at := time.Now()
	fmt.Fprintln(rw, "ok")
	if err := http.NewResponseController(rw).Flush(); err != nil {
		return
	}
	w.mu.Lock()
	w.log[r.URL.Path] = append(w.log[r.URL.Path], at)
	w.mu.Unlock()
}

func (w *witness) answered(path string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]time.Time(nil), w.log[path]...)
}
