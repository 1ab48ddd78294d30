// Package progress tells how far long work is: how much is done, how fast, and how
// much time is left.
//
// On a terminal that is one line, written anew five times a second. Elsewhere, in a
// log, it is a line every ten seconds.
//
//	bar := progress.Start(os.Stderr, progress.Options{Verb: "replayed", Noun: "dead letters", Total: 5000})
//	defer bar.Stop()
//	bar.Add(1)
package progress

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	onTerminal = 200 * time.Millisecond
	inLog      = 10 * time.Second
	window     = 10 * time.Second // that a rate speaks of, on a terminal
)

// Options say what is told.
type Options struct {
	Verb, Noun string // "replayed", "dead letters"
	Total      int64  // of all the work; 0: not known
	Quiet      bool   // tell nothing
}

// A Bar tells of one piece of work. It may be used by several goroutines.
type Bar struct {
	o        Options
	w        io.Writer
	terminal bool
	end      chan struct{} // closed by Stop
	ended    chan struct{} // closed by the goroutine of Start
	once     sync.Once

	mu          sync.Mutex
	done, total int64
	began       time.Time
	past        []mark // of the window, oldest first
	shown       bool   // a line stands on the terminal
}

type mark struct {
	at   time.Time
	done int64
}

// Start begins to tell w, which is a terminal or not, until Stop.
func Start(w io.Writer, o Options) *Bar {
	f, isFile := w.(*os.File)
	return start(w, isFile && term.IsTerminal(int(f.Fd())), o) //nolint:gosec // descriptors are small
}

func start(w io.Writer, terminal bool, o Options) *Bar {
	b := &Bar{o: o, w: w, terminal: terminal, total: o.Total, began: time.Now(), end: make(chan struct{}), ended: make(chan struct{})}
	b.past = []mark{{b.began, 0}}
	if o.Quiet {
		close(b.ended)
		return b
	}
	go b.run() // Stop waits for it
	return b
}

func (b *Bar) run() {
	defer close(b.ended)
	every := inLog
	if b.terminal {
		every = onTerminal
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			b.tell(now)
		case <-b.end:
			return
		}
	}
}

// Add counts n more as done.
func (b *Bar) Add(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
}

// SetTotal says how much there is, once it is known.
func (b *Bar) SetTotal(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total = n
}

// Stop ends the telling, and takes the line away from a terminal: what became of the
// work is the caller's to say. More than once is harmless.
func (b *Bar) Stop() {
	b.once.Do(func() { close(b.end) })
	<-b.ended
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
}

// Around returns a writer to w that keeps clear of the line, for what is said meanwhile.
func (b *Bar) Around(w io.Writer) io.Writer { return around{b, w} }

type around struct {
	b *Bar
	w io.Writer
}

// Write writes p, and leaves the line to the next time.
func (a around) Write(p []byte) (int, error) {
	a.b.mu.Lock()
	defer a.b.mu.Unlock()
	a.b.clear()
	return a.w.Write(p)
}

func (b *Bar) clear() {
	if b.shown {
		fmt.Fprint(b.w, "\r\x1b[K")
		b.shown = false
	}
}

func (b *Bar) tell(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.terminal {
		fmt.Fprintln(b.w, b.line(now))
		return
	}
	fmt.Fprint(b.w, "\r"+cut(b.line(now), b.width())+"\x1b[K")
	b.shown = true
}

// width is that of the terminal now: it may be another one than before.
func (b *Bar) width() int {
	if f, ok := b.w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 { //nolint:gosec // descriptors are small
			return width
		}
	}
	return 80
}

// cut keeps a line from going on in the next one, which could not be taken away. What is
// told is ASCII.
func cut(line string, width int) string {
	if len(line) < width {
		return line
	}
	return line[:max(width-1, 0)]
}

// line is what is told at now.
func (b *Bar) line(now time.Time) string {
	rate := b.rate(now)
	parts := []string{b.o.Verb + " " + thousands(b.done)}
	if b.total > 0 {
		parts[0] += " of " + thousands(max(b.total, b.done))
	}
	parts[0] += " " + b.o.Noun
	if b.total > 0 {
		parts[0] += fmt.Sprintf(" (%d %%)", min(100, int(100*b.done/b.total)))
	}
	parts = append(parts, perSecond(rate))
	if left := b.total - b.done; b.total > 0 && left > 0 && rate > 0 {
		parts = append(parts, span(float64(left)/rate)+" left")
	}
	return strings.Join(parts, ", ")
}

// rate is how much is done in a second: of late on a terminal, and since the line before
// in a log.
func (b *Bar) rate(now time.Time) float64 {
	b.past = append(b.past, mark{now, b.done})
	for len(b.past) > 2 && now.Sub(b.past[1].at) >= window {
		b.past = b.past[1:]
	}
	first := b.past[0]
	return float64(b.done-first.done) / max(now.Sub(first.at).Seconds(), 1e-3)
}

func perSecond(rate float64) string {
	if rate >= 10 || rate == 0 {
		return thousands(int64(math.Round(rate))) + "/s"
	}
	return fmt.Sprintf("%.1f/s", rate)
}

// span is a time in the two units that matter.
func span(seconds float64) string {
	if seconds > 100*24*3600 {
		return "more than 100 days"
	}
	d := time.Duration(math.Ceil(seconds)) * time.Second
	switch hours, minutes := int(d.Hours()), int(d.Minutes())%60; {
	case hours >= 24:
		return fmt.Sprintf("%d d %d h", hours/24, hours%24)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}

// thousands is n with a comma between each three digits.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
