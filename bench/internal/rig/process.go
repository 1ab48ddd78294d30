package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Build builds packages of this module as they are shipped, static, into dir, and
// returns where the first of them is.
func Build(ctx context.Context, dir, pkg string) (string, error) {
	out := filepath.Join(dir, filepath.Base(pkg))
	if strings.HasPrefix(pkg, "./bench") {
		out += "-baseline"
	}
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, b)
	}
	return out, nil
}

// A Process runs and is measured. One goroutine uses it.
type Process struct {
	cmd   *exec.Cmd
	log   tail
	ended chan struct{} // closed once it has been waited for
	err   error
}

// Usage is what a process has used from its start to its end.
type Usage struct {
	Processor time.Duration // user and system
	Peak      int64         // bytes resident at most; 0: not known here
}

// Start runs a program with nothing in its environment but env.
func Start(name string, env []string, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(name, args...), ended: make(chan struct{})}
	p.cmd.Env = append(env, "HOME="+os.Getenv("HOME"), "PATH="+os.Getenv("PATH"), "TMPDIR="+os.TempDir())
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // Stop and Kill wait for it
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Alive returns why the process has ended, if it has.
func (p *Process) Alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended by itself: %v\n%s", p.cmd.Path, p.cmd.ProcessState, p.log.String())
	default:
		return nil
	}
}

// Processor is what the process has used so far, user and system. It is 0 where that
// is not known.
func (p *Process) Processor() time.Duration {
	s, _ := statOf(p.cmd.Process.Pid)
	return s.own
}

// Memory is how much of the process is resident now, and was at most. Both are 0 where
// that is not known.
func (p *Process) Memory() (now, peak int64) {
	return statusOf(p.cmd.Process.Pid, "VmRSS:"), statusOf(p.cmd.Process.Pid, "VmHWM:")
}

// Kill ends the process, if it has not ended.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// Stop tells the process to end, by force after 20 s, and returns what it has
// used.
func (p *Process) Stop() (Usage, error) {
	if err := p.Alive(); err != nil {
		return Usage{}, err
	}
	_, peak := p.Memory()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return Usage{}, err
	}
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		p.Kill()
		return Usage{}, fmt.Errorf("%s did not drain in 20 s\n%s", p.cmd.Path, p.log.String())
	}
	if p.err != nil {
		return Usage{}, fmt.Errorf("%s: %w\n%s", p.cmd.Path, p.err, p.log.String())
	}
	s := p.cmd.ProcessState
	return Usage{Processor: s.UserTime() + s.SystemTime(), Peak: peak}, nil
}

// statusOf is a size of a process, as Linux tells it.
func statusOf(pid int, name string) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// A tail keeps the last words of a process.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if extra := len(t.b) - tailSize; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
