package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/monitorink/monitorink/internal/docs"
)

// The marks, which CONTRIBUTING.md explains.
const (
	markRun        = "run"
	markBackground = "run in background"
	markPrints     = "prints"
	markEnd        = "end"
	markUntil      = "until "
)

const (
	patience = time.Minute     // for a condition
	longest  = 3 * time.Minute // for a block
)

// A session is somebody who follows a page.
type session struct {
	page   docs.Page
	ports  ports
	dir    string   // of what the session keeps: environment, folder, output
	env    []string // of a new terminal
	out    io.Writer
	blocks int

	began   []*process // all of them, in order
	running []*process // those in the background
	printed string     // by the last block
}

// open clones the repository for a page.
func open(scratch, source string, p docs.Page, ports ports, out io.Writer) (*session, error) {
	if err := ports.free(); err != nil {
		return nil, err
	}
	s := &session{page: p, ports: ports, dir: filepath.Join(scratch, strings.ReplaceAll(strings.TrimSuffix(p.Name, ".md"), "/", "-")), out: out}
	infra := filepath.Join(s.dir, "infra")
	if err := os.MkdirAll(infra, 0o755); err != nil {
		return nil, err
	}
	// What Maven has fetched once serves all.
	jars, err := filepath.Abs(".infra/jars")
	if err == nil {
		err = errors.Join(os.MkdirAll(jars, 0o755), os.Symlink(jars, filepath.Join(infra, "jars")))
	}
	if err != nil {
		return nil, err
	}
	clone := filepath.Join(s.dir, "monitorink")
	if said, err := exec.Command("git", "clone", "-q", source, clone).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("clone: %w\n%s", err, said)
	}
	s.env = ports.environ(source, infra)
	return s, os.WriteFile(s.file("folder"), []byte(clone), 0o644)
}

func (s *session) file(name string) string { return filepath.Join(s.dir, name) }

// play does what the page says, and stops at the first thing that is not so.
func (s *session) play(ctx context.Context) error {
	for _, b := range s.page.Blocks {
		place, began := fmt.Sprintf("%s:%d", s.page.Name, b.Line), time.Now()
		what, err := s.step(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", place, what, err)
		}
		if what != "" {
			fmt.Fprintf(s.out, "docs: %5.1f s  %s: %s\n", time.Since(began).Seconds(), place, what)
		}
	}
	return nil
}

// step does what one block says, and tells what that was.
func (s *session) step(ctx context.Context, b docs.Block) (what string, err error) {
	switch {
	case b.Language == "" && b.Text == markEnd:
		return "end", s.end()
	case b.Language == "" && strings.HasPrefix(b.Text, markUntil):
		return b.Text, s.until(ctx, strings.TrimPrefix(b.Text, markUntil))
	case b.Mark == markRun:
		s.blocks++
		return first(b.Text), s.run(ctx, b)
	case b.Mark == markBackground:
		s.blocks++
		p, err := s.start(b, "")
		s.running = append(s.running, p)
		return first(b.Text) + " (in the background)", err
	case b.Mark == markPrints:
		return "prints", prints(s.printed, b.Text)
	}
	return "", nil
}

// first is the first line of a block, cut.
func first(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > 70 {
		line = string(r[:70]) + "…"
	}
	return line
}

// kept lets what a block exports, and where it goes, hold for the next one.
const kept = `[ ! -f "%[1]s/environment" ] || . "%[1]s/environment"
trap 'declare -px >"%[1]s/environment"; pwd >"%[1]s/folder"' EXIT
`

func (s *session) run(ctx context.Context, b docs.Block) error {
	p, err := s.start(b, fmt.Sprintf(kept, s.dir))
	if err != nil {
		return err
	}
	err = p.wait(ctx, longest)
	s.printed = p.output()
	if err != nil {
		return s.explained(fmt.Errorf("%w; it printed\n%s", err, indented(s.printed)))
	}
	return s.alive()
}

// until waits for a command to succeed.
func (s *session) until(ctx context.Context, command string) error {
	end := time.Now().Add(patience)
	for {
		p, err := s.start(docs.Block{Text: command}, fmt.Sprintf(kept, s.dir))
		if err != nil {
			return err
		}
		if err = p.wait(ctx, patience); err == nil {
			return nil
		}
		s.began = s.began[:len(s.began)-1] // there may be many
		if gone := s.alive(); gone != nil {
			return gone
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return s.explained(fmt.Errorf("not within %v: %w; it printed\n%s", patience, err, indented(p.output())))
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// alive says which block of the background has ended by itself.
func (s *session) alive() error {
	for _, p := range s.running {
		if p.hasEnded() {
			return fmt.Errorf("what runs in the background has ended: %s; it printed\n%s", p.what, indented(p.output()))
		}
	}
	return nil
}

// explained adds what the background has printed.
func (s *session) explained(err error) error {
	for _, p := range s.running {
		err = fmt.Errorf("%w\nIn the background, %s printed\n%s", err, p.what, indented(p.output()))
	}
	return err
}

// end is Ctrl-C in each terminal, the newest first.
func (s *session) end() error {
	var wrong error
	for i := len(s.running) - 1; i >= 0; i-- {
		wrong = errors.Join(wrong, s.running[i].interrupt())
	}
	s.running = nil
	return wrong
}

// close ends all that the page has begun, servers among it.
func (s *session) close() error {
	err := s.end()
	for i := len(s.began) - 1; i >= 0; i-- {
		s.began[i].kill()
	}
	if _, missing := os.Stat(s.file("infra/dev")); missing == nil {
		cmd := exec.Command("deploy/local/infra.sh", "destroy")
		cmd.Env = s.env
		if said, failed := cmd.CombinedOutput(); failed != nil {
			err = errors.Join(err, fmt.Errorf("deploy/local/infra.sh destroy: %w\n%s", failed, said))
		}
	}
	sweep("INFRA_DIR=" + s.file("infra"))
	return err
}
