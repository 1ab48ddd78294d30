package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/internal/docs"
)

// A process is a block that runs, with all that it starts in its group.
type process struct {
	what  string
	cmd   *exec.Cmd
	file  string // of its output
	ended chan struct{}
	err   error // once it has ended
}

// start lets a block run in the folder of the session, after some preparation.
func (s *session) start(b docs.Block, before string) (*process, error) {
	folder, err := os.ReadFile(s.file("folder"))
	if err != nil {
		return nil, err
	}
	p := &process{what: first(b.Text), ended: make(chan struct{}), file: s.file(fmt.Sprintf("output-%d", len(s.began)))}
	out, err := os.Create(p.file)
	if err != nil {
		return nil, err
	}
	defer out.Close() //nolint:errcheck // the process has a handle of its own
	p.cmd = exec.Command("bash", "-euo", "pipefail", "-c", before+s.ports.in(b.Text))
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = strings.TrimSpace(string(folder)), s.env, out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	s.began = append(s.began, p)
	go func() { // wait, interrupt and kill wait for ended
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// wait waits for the block to end by itself with 0, but no longer than that.
func (p *process) wait(ctx context.Context, most time.Duration) error {
	select {
	case <-p.ended:
		return p.err
	case <-ctx.Done():
		p.kill()
		return errors.New("interrupted")
	case <-time.After(most):
		p.kill()
		return fmt.Errorf("it does not end within %v", most)
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// interrupt is Ctrl-C. What make says of it is no error, but it has to end.
func (p *process) interrupt() error {
	if p.hasEnded() {
		return fmt.Errorf("%s had ended before; it printed\n%s", p.what, indented(p.output()))
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT) //nolint:errcheck // it may be ending
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("%s does not end within %v after Ctrl-C; it printed\n%s", p.what, patience, indented(p.output()))
	}
}

// kill ends the block and its group.
func (p *process) kill() {
	if !p.hasEnded() { // afterwards the group's number may be somebody else's
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may be ending
	}
	<-p.ended
}

// sweep kills what has a variable with a value in its environment that nobody else has,
// and waits until it is gone. It sees nothing where there is no /proc.
func sweep(variable string) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return
	}
	for _, file := range files {
		of := func() bool {
			b, err := os.ReadFile(file)
			return err == nil && slices.Contains(strings.Split(string(b), "\x00"), variable)
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || !of() {
			continue
		}
		syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // it may be ending
		for end := time.Now().Add(patience); of() && time.Now().Before(end); {
			<-time.After(5 * time.Millisecond)
		}
	}
}

func (p *process) output() string {
	b, err := os.ReadFile(p.file)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

const shown = 60 // lines of output

// indented is the end of an output, to be read below something else.
func indented(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > shown {
		lines = append([]string{"…"}, lines[len(lines)-shown:]...)
	}
	return "    " + strings.Join(lines, "\n    ")
}
