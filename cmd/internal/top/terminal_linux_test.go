package top_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/term"

	"github.com/monitorink/monitorink/cmd/internal/top"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

// A pty is a terminal that nobody sits at: what is written to keys is typed, and seen
// is what it shows.
type pty struct {
	keys, terminal *os.File

	mu   sync.Mutex
	seen bytes.Buffer
	more chan struct{} // has room for one
}

func ioctl(t *testing.T, f *os.File, request, argument uintptr) {
	t.Helper()
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, argument); err != 0 {
		t.Fatal(err)
	}
}

func newPty(t *testing.T, width, height uint16) *pty {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no pseudo terminals here: %v", err)
	}
	var unlock, number int32
	ioctl(t, keys, syscall.TIOCSPTLCK, uintptr(unsafe.Pointer(&unlock)))
	ioctl(t, keys, syscall.TIOCGPTN, uintptr(unsafe.Pointer(&number)))
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{keys: keys, terminal: terminal, more: make(chan struct{}, 1)}
	p.resize(t, width, height)
	go func() { // ends with the terminal
		b := make([]byte, 64<<10)
		for {
			n, err := keys.Read(b)
			p.mu.Lock()
			p.seen.Write(b[:n])
			p.mu.Unlock()
			select {
			case p.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		terminal.Close()
		keys.Close()
	})
	return p
}

func (p *pty) resize(t *testing.T, width, height uint16) {
	t.Helper()
	size := [4]uint16{height, width}
	ioctl(t, p.terminal, syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size)))
}

func (p *pty) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

// screen is what was drawn last.
func (p *pty) screen() string {
	text := p.text()
	return text[max(0, strings.LastIndex(text, "\x1b[H")):]
}

func (p *pty) wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-p.more:
		case <-limit:
			t.Fatalf("%s: not within 20 s; the screen is\n%q", what, p.screen())
		}
	}
}

// collector serves a store with a monitor, and fills it.
func collector(t *testing.T) (url string, save func(monitor string, state data.State)) {
	t.Helper()
	st := memory.New(memory.Options{})
	at := data.Millis(time.Now().Add(-time.Minute))
	save = func(monitor string, state data.State) {
		t.Helper()
		at = at.Add(time.Second)
		m := &data.Measurement{
			Monitor: monitor, Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: at, Attempt: 1, State: state, Started: at, Method: "GET",
			URL: "https://shop.example/", Phases: data.Phases{Total: data.SpanOf(20 * time.Millisecond)},
		}
		if state == data.Down {
			m.Error = &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer within 5s"}
		}
		if refused, err := st.Save(t.Context(), []data.Event{m}); err != nil || len(refused) > 0 {
			t.Fatal(refused, err)
		}
	}
	save("shop", data.Up)
	srv := httptest.NewServer(web.New(web.Options{Store: st, Token: "secret"}))
	t.Cleanup(srv.CloseClientConnections)
	t.Cleanup(srv.Close)
	t.Cleanup(srv.CloseClientConnections)
	return srv.URL, save
}

func options(p *pty, url string) top.Options {
	return top.Options{URL: url, Token: "secret", Order: "state", In: p.terminal, Out: p.terminal, Getenv: func(string) string { return "" }}
}

// TestTheTerminalIsAsItWasBefore: however it ends.
func TestTheTerminalIsAsItWasBefore(t *testing.T) {
	url, save := collector(t)
	for name, end := range map[string]func(p *pty, cancel func()){
		"q": func(p *pty, _ func()) { fmt.Fprint(p.keys, "q") }, "Ctrl-C": func(p *pty, _ func()) { fmt.Fprint(p.keys, "\x03") },
		"SIGTERM, SIGHUP": func(_ *pty, cancel func()) { cancel() },
		"SIGQUIT":         func(*pty, func()) { _ = syscall.Kill(os.Getpid(), syscall.SIGQUIT) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPty(t, 100, 12)
			before, err := term.GetState(int(p.terminal.Fd()))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- top.Run(ctx, options(p, url)) }() // waited for below
			p.wait(t, "the table", func() bool { return strings.Contains(p.screen(), "1 up") && strings.Contains(p.screen(), "shop") })
			raw, err := term.GetState(int(p.terminal.Fd()))
			if err != nil || reflect.DeepEqual(raw, before) {
				t.Errorf("keys are not taken as they are pressed: %v", err)
			}
			save("shop", data.Down)
			p.wait(t, "what has changed", func() bool { return strings.Contains(p.screen(), "timeout: no answer within 5s") })
			save("shop", data.Up)
			p.wait(t, "what has changed again", func() bool { return strings.Contains(p.screen(), "1 up") })
			p.resize(t, 40, 6)
			if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
				t.Fatal(err)
			}
			p.wait(t, "the table in the new size", func() bool {
				return strings.Count(p.screen(), "\r\n") == 5 && !strings.Contains(p.screen(), "LOCATION")
			})
			end(p, cancel)
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("it does not end")
			}
			cancel()
			after, err := term.GetState(int(p.terminal.Fd()))
			if err != nil || !reflect.DeepEqual(after, before) {
				t.Errorf("the terminal is not as it was: %v", err)
			}
			p.wait(t, "the other screen, with a cursor", func() bool { return strings.HasSuffix(p.text(), "\x1b[?7h\x1b[?25h\x1b[?1049l") })
		})
	}
}

func TestWithoutATerminalTheTableIsPrintedOnce(t *testing.T) {
	url, save := collector(t)
	save("東京", data.Down)
	var out bytes.Buffer
	o := top.Options{URL: url, Token: "secret", Order: "state", In: strings.NewReader(""), Out: &out, Getenv: os.Getenv}
	if err := top.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 5 || lines[0] != "1 down, 1 up" || !strings.HasPrefix(lines[2], "down     東京     ber1        20.0 ms") || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%q", out.String())
	}
	o.Token = "wrong"
	if err := top.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "MONITORINK_READ_TOKEN") {
		t.Errorf("with a wrong token: %v", err)
	}
}

// TestALossIsToldAndMended: the stream breaks, goes on where it was, and begins anew
// where that is not known any more.
func TestALossIsToldAndMended(t *testing.T) {
	const one = `{"cursor":"c%d","rows":1,"columns":{"monitor":["shop"],"location":["ber1"],"state":["%s"],"last_ms":[1],"total_us":[5]}}`
	var mu sync.Mutex
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.URL.RequestURI()+" "+r.Header.Get("Last-Event-ID"))
		switch n := len(asked); {
		case n == 1:
			fmt.Fprintf(w, one, 1, "up")
		case n == 2: // and then it breaks
			fmt.Fprint(w, "event: change\nid: c2\ndata: [{\"monitor\":\"shop\",\"location\":\"ber1\",\"state\":\"down\"}]\n\n")
		case n == 3:
			fmt.Fprint(w, "event: reset\nid: c3\ndata: {}\n\n")
		case n == 4:
			fmt.Fprintf(w, one, 4, "paused")
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"detail":"too many listen"}`)
		}
	}))
	defer srv.Close()
	p := newPty(t, 100, 12)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- top.Run(ctx, options(p, srv.URL)) }() // waited for below
	p.wait(t, "that it is down", func() bool { return strings.Contains(p.text(), "1 down") })
	p.wait(t, "the loss", func() bool { return strings.Contains(p.text(), "no news: the collector has closed the stream") })
	p.wait(t, "the new overview", func() bool { return strings.Contains(p.screen(), "1 paused") })
	p.wait(t, "the words of the collector", func() bool { return strings.Contains(p.screen(), "too many listen") })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{"/api/v1/overview ", "/api/v1/events?after=c1 c1", "/api/v1/events?after=c2 c2", "/api/v1/overview ", "/api/v1/events?after=c4 c4"}
	if len(asked) < len(want) || !reflect.DeepEqual(asked[:len(want)], want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}
