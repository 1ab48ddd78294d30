// Run runs the blocks of shell in the documentation that are marked, as they are
// written, each page in a clone of its own with everything that is not committed:
//
//	go run ./internal/docs/run               all pages
//	go run ./internal/docs/run docs/start.md
//
// The ports that are written in a block are replaced by others, so that nothing
// clashes with servers that run, and all that a page starts is ended with it.
// CONTRIBUTING.md explains the marks.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/internal/docs"
)

func main() {
	base := flag.Int("base", 28000, "the ports 8080, 8081, 9092 and 5432 become this and 80, 81, 92 and 32")
	keep := flag.Bool("keep", false, "leave the clones and the output behind")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *base, *keep, flag.Args(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1) //nolint:gocritic // stop has nothing left to do
	}
}

func run(ctx context.Context, base int, keep bool, only []string, out io.Writer) error {
	all, err := docs.Pages(".")
	if err != nil {
		return err
	}
	for _, name := range only {
		if !slices.ContainsFunc(all, func(p docs.Page) bool { return p.Name == name }) {
			return fmt.Errorf("%s: there is no such page; name it from the root of the repository, such as docs/start.md", name)
		}
	}
	for _, p := range all {
		err = errors.Join(err, misplaced(p))
	}
	if err != nil {
		return err
	}
	began := time.Now()
	scratch, err := os.MkdirTemp("", "monitorink-docs-")
	if err != nil {
		return err
	}
	if keep {
		fmt.Fprintln(out, "docs: all of it is kept in", scratch)
	} else {
		defer os.RemoveAll(scratch) //nolint:errcheck // it is below the folder for what is temporary
	}
	if err := os.Chmod(scratch, 0o755); err != nil { // Postgres is another user than root
		return err
	}
	ports := portsFrom(base)
	source := filepath.Join(scratch, "source")
	if err := copyTo(ctx, source, ports); err != nil {
		return err
	}
	blocks, wrong := 0, error(nil)
	for _, p := range all {
		if !marked(p) || len(only) > 0 && !slices.Contains(only, p.Name) {
			continue
		}
		s, err := open(scratch, source, p, ports, out)
		if err == nil {
			err = s.play(ctx)
			err = errors.Join(err, s.close())
			blocks += s.blocks
		}
		wrong = errors.Join(wrong, err)
		if ctx.Err() != nil {
			return errors.Join(wrong, errors.New("interrupted"))
		}
	}
	if wrong == nil {
		fmt.Fprintf(out, "docs: %d blocks ran as they are written, in %.0f s\n", blocks, time.Since(began).Seconds())
	}
	return wrong
}

// misplaced says which marks of a page would be passed over in silence.
func misplaced(p docs.Page) (wrong error) {
	ran := false
	for _, b := range p.Blocks {
		mark, place := b.Mark, "right before a fence"
		known := slices.Contains([]string{"", markRun, markBackground, markPrints}, mark)
		if b.Language == "" {
			mark, place = b.Text, "by itself"
			known = mark == markEnd || strings.HasPrefix(mark, markUntil)
		}
		if !known {
			wrong = errors.Join(wrong, fmt.Errorf("%s:%d: <!-- %s --> is no mark that stands %s; CONTRIBUTING.md has those that there are", p.Name, b.Line, mark, place))
		}
		if mark == markPrints && !ran {
			wrong = errors.Join(wrong, fmt.Errorf("%s:%d: <!-- %s --> stands after no block that runs", p.Name, b.Line, mark))
		}
		ran = ran || mark == markRun
	}
	return wrong
}

// marked tells whether a page has anything to run.
func marked(p docs.Page) bool {
	return slices.ContainsFunc(p.Blocks, func(b docs.Block) bool { return b.Mark == markRun || b.Mark == markBackground })
}
