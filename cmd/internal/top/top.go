package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/monitorink/monitorink/cmd/internal/terminal"
)

// Options are what Run needs.
type Options struct {
	URL    string // of a collector
	Token  string // empty: none
	Order  string // one of Orders
	Filter string
	In     io.Reader // keys, when it is a terminal
	Out    io.Writer
	Getenv func(string) string
}

const (
	drawEvery = 100 * time.Millisecond // at most
	drawIdle  = time.Second            // what is seconds ago grows by itself
	waitLeast = 500 * time.Millisecond
	waitMost  = 10 * time.Second
)

// CheckURL returns text as it is used, or what is wrong with it.
func CheckURL(text string) (string, error) { return base(text) }

// Run shows the table until q is pressed or ctx ends, or once where Out is no terminal.
// The terminal is as it was before when it returns.
func Run(ctx context.Context, o Options) error {
	c := &client{url: o.URL, token: o.Token, http: &http.Client{}}
	v := &view{url: o.URL, order: o.Order, filter: o.Filter}
	out, outIs := o.Out.(*os.File)
	in, inIs := o.In.(*os.File)
	if !outIs || !inIs || !terminal.Is(out) || !terminal.Is(in) {
		return snapshot(ctx, c, v, o.Out)
	}
	b, err := c.overview(ctx)
	if err != nil { // told on a terminal that is as it was
		return fmt.Errorf("%s: %w", o.URL, err)
	}
	s := &screen{view: v, board: b, in: in, out: out, style: terminal.StyleOf(out, o.Getenv)}
	return s.run(ctx, c)
}

// snapshot prints the table once, as wide as it needs.
func snapshot(ctx context.Context, c *client, v *view, w io.Writer) error {
	b, err := c.overview(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", c.url, err)
	}
	list, now := v.choose(b), time.Now()
	l := layoutOf(list, 160)
	l.trend = 0
	for _, r := range list {
		l.monitor = max(l.monitor, terminal.Width(terminal.Clean(r.Monitor)))
		l.location = max(l.location, terminal.Width(terminal.Clean(r.Location)))
		l.note = max(l.note, terminal.Width(terminal.Clean(r.note(now))))
	}
	fmt.Fprintln(w, counts(b, terminal.Plain()))
	if !b.stale.IsZero() {
		fmt.Fprintln(w, "the collector's store has not answered for", ago(now.Sub(b.stale)))
	}
	fmt.Fprintln(w, trimmed(l.head(terminal.Plain())))
	for _, r := range list {
		if _, err := fmt.Fprintln(w, trimmed(l.line(r, now, terminal.Plain()))); err != nil {
			return err
		}
	}
	return nil
}

func trimmed(line string) string {
	for len(line) > 0 && line[len(line)-1] == ' ' {
		line = line[:len(line)-1]
	}
	return line
}

// A screen is the table on a terminal.
type screen struct {
	view  *view
	board *board
	in    *os.File
	out   *os.File
	style terminal.Style
}

// What turns a terminal over to the table, and back: the other screen, and no cursor.
const (
	enter = "\x1b[?1049h\x1b[?25l\x1b[?7l"
	leave = "\x1b[?7h\x1b[?25h\x1b[?1049l"
)

func (s *screen) run(ctx context.Context, c *client) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGQUIT)
	defer stop()
	resized := make(chan os.Signal, 1) // never closed
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)

	before, err := term.MakeRaw(int(s.in.Fd())) //nolint:gosec // descriptors are small
	if err != nil {
		return fmt.Errorf("the terminal: %w", err)
	}
	defer func() { _ = term.Restore(int(s.in.Fd()), before) }() //nolint:gosec // there is nothing else to try
	fmt.Fprint(s.out, enter)
	defer fmt.Fprint(s.out, leave)

	news := make(chan func(*screen), 64) // never closed
	go follow(ctx, c, s.board.cursor, news)
	keys := make(chan []byte) // closed when there are no more
	go readKeys(ctx, s.in, keys)
	return s.loop(ctx, news, keys, resized)
}

// loop draws whenever something has changed, until q or the end of ctx.
func (s *screen) loop(ctx context.Context, news <-chan func(*screen), keys <-chan []byte, resized <-chan os.Signal) error {
	draw := time.NewTimer(0)
	defer draw.Stop()
	drawn := time.Time{}
	soon := func() { draw.Reset(max(drawEvery-time.Since(drawn), 0)) }
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-news:
			f(s)
			soon()
		case typed, ok := <-keys:
			if !ok || s.view.press(typed) {
				return nil
			}
			draw.Reset(0)
		case <-resized:
			draw.Reset(0)
		case <-draw.C:
			s.draw()
			drawn = time.Now()
			draw.Reset(drawIdle)
		}
	}
}

func (s *screen) draw() {
	width, height, err := term.GetSize(int(s.out.Fd())) //nolint:gosec // descriptors are small
	if err != nil || width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	out := "\x1b[H"
	for i, line := range s.view.frame(s.board, width, height, time.Now(), s.style) {
		if i > 0 {
			out += "\r\n"
		}
		out += line + "\x1b[K"
	}
	fmt.Fprint(s.out, out+"\x1b[J")
}

// readKeys hands on what is typed, until there is no more. A read cannot be called off:
// it ends with the process.
func readKeys(ctx context.Context, in io.Reader, keys chan<- []byte) {
	defer close(keys)
	for {
		b := make([]byte, 256)
		n, err := in.Read(b)
		if n > 0 {
			select {
			case keys <- b[:n]:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// follow brings news of what the collector says, until ctx ends. After a loss it goes
// on where it was, and with an overview where that is not known any more.
func follow(ctx context.Context, c *client, cursor string, news chan<- func(*screen)) {
	tell := func(f func(*screen)) {
		select {
		case news <- f:
		case <-ctx.Done():
		}
	}
	problem := func(text string) { tell(func(s *screen) { s.view.problem = text }) }
	defer func() { // a panic here would leave the terminal as it is
		if r := recover(); r != nil {
			problem(fmt.Sprintf("a fault of this program: %v %s", r, debug.Stack()))
		}
	}()
	wait := waitLeast
	for ctx.Err() == nil {
		err := c.events(ctx, cursor, func(e event) error {
			if wait = waitLeast; e.id != "" {
				cursor = e.id
			}
			return take(e, tell)
		})
		if errors.Is(err, errReset) {
			if cursor, err = again(ctx, c, tell); err == nil {
				continue
			}
		}
		if ctx.Err() != nil {
			return
		}
		problem("no news: " + err.Error())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
		wait = min(2*wait, waitMost)
	}
}

// take brings one event to the screen.
func take(e event, tell func(func(*screen))) error {
	switch e.name {
	case "reset":
		return errReset
	case "change":
		tell(func(s *screen) {
			s.view.problem = ""
			if err := s.board.change(e.data); err != nil {
				s.view.problem = err.Error()
			}
		})
	case "stale":
		tell(func(s *screen) { s.board.stale = time.Now() })
	case "fresh":
		tell(func(s *screen) { s.board.stale = time.Time{} })
	default: // a comment of the stream's life ends nothing but a loss
		tell(func(s *screen) { s.view.problem = "" })
	}
	return nil
}

// again reads the overview anew.
func again(ctx context.Context, c *client, tell func(func(*screen))) (cursor string, err error) {
	b, err := c.overview(ctx)
	if err != nil {
		return "", err
	}
	tell(func(s *screen) {
		b.keep(s.board)
		s.board, s.view.problem = b, ""
	})
	return b.cursor, nil
}
