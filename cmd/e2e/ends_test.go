package e2e_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

// TestALogThatNobodyReadsEndsNothing is `heartbeat run 2>&1 | head -1`.
func TestALogThatNobodyReadsEndsNothing(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	env, url := diskEnv(t, dir, "MONITORINK_URLS="+w.url+"/0", "MONITORINK_SCHEDULE=@every 100ms", "MONITORINK_LOG_LEVEL=debug")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(built("heartbeat"), "run"), out: &output{}, done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = env, write, write
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	go func() { // ends with the process
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(p.kill)
	if line, err := bufio.NewReaderSize(read, 16).ReadString('\n'); err != nil {
		t.Fatalf("the first line is %q: %v", line, err)
	}
	read.Close()
	eventually(t, 10*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
	before := len(w.answered("/0"))
	eventually(t, 10*time.Second, "it goes on probing", func() bool { return len(w.answered("/0")) > before+5 })
	if code := p.stop(); code != 0 { // and says so to nobody
		t.Errorf("exit code %d (%v), want 0", code, p.cmd.ProcessState)
	}
	wantEverySlot(t, dir, w, env, url)
}

// wantLast wants the last line of the log to have all parts.
func wantLast(t *testing.T, p *process, parts ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(p.out.String()), "\n")
	last := ""
	for _, line := range lines {
		if strings.HasPrefix(line, "time=") { // what comes after it is main's error
			last = line
		}
	}
	for _, part := range append(parts, "has ended") {
		if !strings.Contains(last, part) {
			t.Errorf("the last line of the log does not say %q: %s", part, last)
		}
	}
}

// wantEverySlot starts a heartbeat on what an earlier one has left, and a collector,
// and compares what they save with the list of slots and with the target's log.
func wantEverySlot(t *testing.T, dir string, w *witness, env []string, url string) map[string]*book {
	t.Helper()
	producer := start(t, "heartbeat", env, "run")
	return wantAllSaved(t, dir, w, url, producer)
}

// wantAllSaved does the same with a heartbeat that runs.
func wantAllSaved(t *testing.T, dir string, w *witness, url string, producer *process) map[string]*book {
	t.Helper()
	consumer := startKeeper(t, dir, url)
	eventually(t, 20*time.Second, "heartbeat is ready", func() bool { return get(url+"/readyz", nil) == 200 })
	(&shelf{dir: dir}).wait(t, time.Now()) // so that a slot of each lies before the end
	end := time.Now()
	books := account(keptUpTo(t, dir, end))
	check(t, books, end, w, nil)
	for _, p := range []*process{producer, consumer} {
		if code := p.stop(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
	}
	return books
}

// A hanging target takes connections, and never answers until it is told to.
func hanging(t *testing.T) (url string, asked <-chan bool, answer func()) {
	t.Helper()
	requests, answers := make(chan bool, 1000), make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests <- true
		select {
		case <-answers:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL, requests, func() { close(answers) }
}

// TestProbesThatDoNotEndInTimeAreTheNextStartsGap: their slots are measured by
// nobody, and the target is not blamed for it.
func TestProbesThatDoNotEndInTimeAreTheNextStartsGap(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grace string
		end   func(*process) int
		code  int
	}{
		"a grace that is too short": {"1s", (*process).stop, 1},
		"a second SIGTERM": {"30s", func(p *process) int {
			p.cmd.Process.Signal(syscall.SIGTERM)
			eventually(t, 5*time.Second, "it drains", func() bool { return strings.Contains(p.out.String(), "heartbeat drains") })
			return p.stop()
		}, -1},
		"SIGINT after SIGTERM": {"30s", func(p *process) int {
			p.cmd.Process.Signal(syscall.SIGTERM)
			eventually(t, 5*time.Second, "it drains", func() bool { return strings.Contains(p.out.String(), "heartbeat drains") })
			p.cmd.Process.Signal(os.Interrupt)
			return p.wait(5 * time.Second)
		}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, asked, answer := hanging(t)
			dir := t.TempDir()
			env, url := diskEnv(t, dir, "MONITORINK_URLS="+target+"/0", "MONITORINK_SCHEDULE=@every 2s", "MONITORINK_TIMEOUT=2s", "MONITORINK_GRACE="+c.grace)
			p := start(t, "heartbeat", env, "run")
			<-asked
			began := time.Now()
			if code := c.end(p); code != c.code {
				t.Errorf("exit code %d (%v), want %d", code, p.cmd.ProcessState, c.code)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the end took %v", took)
			}
			if c.code == 1 {
				wantLast(t, p, "unfinished_slots=1")
			}
			answer()
			w := newWitness(t) // of no monitor: nobody testifies
			books := wantEverySlot(t, dir, w, env, url)
			for id, b := range books {
				stopped := 0
				for _, g := range b.gaps {
					if g.Reason == data.Stopped {
						stopped++
					}
				}
				if stopped != 1 {
					t.Errorf("%s: %d gaps say stopped, want 1", id, stopped)
				}
				for at, m := range b.measured {
					if at.Before(began) && m.State == data.Down {
						t.Errorf("the target is blamed for our end: %+v", m)
					}
				}
			}
		})
	}
}

// A collector that is not there, and a start and an end without it.
func TestWhatNoCollectorTookWaitsInTheSpool(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	env, url := diskEnv(t, dir, "MONITORINK_URLS="+w.url+"/0,"+w.url+"/1", "MONITORINK_SCHEDULE=@every 100ms", "MONITORINK_GRACE=1s")
	for range 3 {
		p := start(t, "heartbeat", env, "run")
		before := len(w.answered("/0"))
		eventually(t, 10*time.Second, "answers", func() bool { return len(w.answered("/0")) > before+5 })
		if code := p.stop(); code != 0 {
			t.Errorf("exit code %d, want 0", code)
		}
		wantLast(t, p, "unfinished_slots=0", "left_in_spool=", "the next start goes on")
	}
	wantEverySlot(t, dir, w, env, url)
}

// A collector that ends while its database is away leaves what it took to the queue.
func TestACollectorWhoseDatabaseIsAwayLeavesAllToTheSpool(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	env, url := diskEnv(t, dir, "MONITORINK_URLS="+w.url+"/0", "MONITORINK_SCHEDULE=@every 100ms")
	addr := freeAddr(t)
	both := append(env, "MONITORINK_COLLECTOR_ADDR="+addr, "MONITORINK_STORE=postgres", "MONITORINK_GRACE=1s",
		"MONITORINK_POSTGRES_URL=postgres://monitorink@"+gone.Addr().String()+"/monitorink")
	p := start(t, "monitorink", both, "run")
	eventually(t, 10*time.Second, "answers", func() bool { return len(w.answered("/0")) > 5 })
	began := time.Now()
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the end took %v, and the grace is 1 s", took)
	}
	wantLast(t, p, "left_in_spool=", "the next start goes on")
	wantEverySlot(t, dir, w, env, url)
}
