package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is a daemon that the harness started. Its output goes to a file.
type process struct {
	name string
	addr string // where it listens
	cmd  *exec.Cmd
	done chan struct{} // closed once it has ended
}

// start runs a daemon in a process group of its own, so that Ctrl-C reaches only
// the harness. What it writes is appended to log.
func start(log, program, addr string, env []string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close() // the process has its own
	p := &process{name: filepath.Base(program), addr: addr, cmd: exec.Command(program, "run"), done: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(log)}, env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // ends with the process
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends it with -9, and waits for its end.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// grace is MONITORINK_GRACE of the daemons; leave is what it takes to say good-bye to
// servers that do not answer (docs/operations.md).
const (
	grace = 20 * time.Second
	leave = 20 * time.Second
)

// term ends it with SIGTERM, and wants it to end with 0 in time.
func (p *process) term() error {
	if p.ended() {
		return fmt.Errorf("%s has ended by itself: %v", p.name, p.cmd.ProcessState)
	}
	// A program that has only just been started dies of SIGTERM, as any does.
	_ = until(context.Background(), 5*time.Second, "it listens", func() (bool, error) {
		c, err := net.Dial("tcp", p.addr)
		if err == nil {
			c.Close()
		}
		return err == nil || p.ended(), err
	}, nil)
	began := time.Now()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace + leave):
		p.kill()
		return fmt.Errorf("%s has not ended %v after SIGTERM", p.name, grace+leave)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with code %d %v after SIGTERM", p.name, code, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// run runs a program to its end, and returns what it prints.
func run(env []string, program string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second // a server that it started may hold its output open
	if err := cmd.Run(); err != nil && !strings.Contains(err.Error(), exec.ErrWaitDelay.Error()) {
		return out.String(), fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(program), strings.Join(args, " "), err, &out, &complaint)
	}
	return out.String(), nil
}

// family is a process and all that descend from it, as Linux and others tell it by ps.
func family(pid int) ([]int, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	children := map[int][]int{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 2 {
			child, _ := strconv.Atoi(f[0])
			parent, _ := strconv.Atoi(f[1])
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}

// pidIn reads the first line of a pid file.
func pidIn(file string) (int, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(b), "\n")
	return strconv.Atoi(strings.TrimSpace(first))
}
