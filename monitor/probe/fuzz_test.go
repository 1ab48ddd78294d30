package probe_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// A parrot answers every request with bytes that may be changed between probes.
type parrot struct {
	l    net.Listener
	says chan []byte // one answer, put back by who takes it
}

func newParrot(f *testing.F) *parrot {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	p := &parrot{l: l, says: make(chan []byte, 1)}
	p.says <- nil
	f.Cleanup(func() { l.Close() })
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.answer(c) // ends with the connection, which has a deadline
		}
	}()
	return p
}

func (p *parrot) answer(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	b := make([]byte, 4096)
	n, err := c.Read(b)
	if err != nil {
		return
	}
	text := <-p.says
	p.says <- text
	if bytes.HasPrefix(b[:n], []byte("GET /again ")) { // the redirect's answer is another
		text = text[len(text)/2:]
	}
	c.Write(text)
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c) // so that the peer is not reset before it has read all
}

func (p *parrot) set(text []byte) {
	<-p.says
	p.says <- text
}

var answersToBegin = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
	"HTTP/1.0 200 OK\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\n\r\n1;x=y\r\nx\r\n0\r\na: b\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nffffffffffffffff\r\n",
	"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xab\x00\x00\xc6\x23\x98\x8c\x01\x00\x00\x00",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nx",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
	"HTTP/1.1 302 Found\r\nLocation: /again\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: =; Max-Age=-1\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
	"HTTP/1.1 307 \r\nLocation: ?\r\nSet-Cookie: a=\"b\"; Domain=.; Secure\r\n\r\n",
	"HTTP/1.1 308 x\r\nLocation: //user:p@[::1%25lo]:1/\r\n\r\n",
	"HTTP/1.1 401 Unauthorized\r\nWww-Authenticate: Bearer\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nContent-Length: 99999999999999999999\r\n\r\n",
	"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\tD: e\r\nA: " + "\x00\xff" + "\r\n\r\n",
	"HTTP/2.0 200\r\n\r\n", "HTTP/1.1 999 \r\n\r\n", "HTTP/1.1\r\n", "\r\n\r\n", "", "\x15\x03\x01\x00\x02\x02\x28", "GET / HTTP/1.1\r\n\r\n",
}

// What strangers answer ends in time, and in an error of the closed set, whatever it
// is; a redirect leads nowhere but to this machine.
func FuzzAnswer(f *testing.F) {
	parrot := newParrot(f)
	url := "http://" + parrot.l.Addr().String()
	p := probe.New(probe.Options{Allow: func(a netip.AddrPort) error {
		if a.String() != parrot.l.Addr().String() {
			return net.ErrClosed
		}
		return nil
	}})
	f.Cleanup(p.Close)
	base := data.Monitor{ID: "m", URL: url + "/", Timeout: data.Duration(300 * time.Millisecond), Connection: data.ConnectionNew}
	plain, redirecting, asking := base, base, base
	plain.Expect.Body.Matches = []string{"x"}
	redirecting.Redirects, redirecting.Cookies, redirecting.Traceparent, redirecting.Connection = 3, true, true, data.ConnectionReuse
	redirecting.Expect.Body.Matches = []string{"x"}
	redirecting.Resolver = "127.0.0.1:1" // nothing is looked up elsewhere
	asking.Auth = &data.Auth{OAuth2: &data.OAuth2{TokenURL: url + "/token", ClientID: "c", ClientSecret: "hunter2"}}
	var targets []*probe.Target
	for _, m := range []*data.Monitor{&plain, &redirecting, &asking} {
		t, err := probe.Compile(m)
		if err != nil {
			f.Fatal(err)
		}
		targets = append(targets, t)
	}
	for _, text := range answersToBegin {
		f.Add([]byte(text))
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n" + `{"access_token":"a","token_type":"Bearer","expires_in":"1e9"}`))
	f.Add([]byte("HTTP/1.1 400 \r\n\r\n" + `{"error":"invalid_grant","access_token":[],"expires_in":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		parrot.set(text)
		for i, target := range targets {
			begun := time.Now()
			r := p.Probe(context.Background(), target)
			if took := time.Since(begun); took > 300*time.Millisecond+time.Second {
				t.Errorf("target %d: it took %v", i, took)
			}
			inBounds(t, r)
			r.Release()
		}
		p.Age(48 * time.Hour) // the next answer is asked for a token as well
		if free := p.Free(); free != 64<<20 {
			t.Errorf("%d bytes of the budget are free", free)
		}
	})
}

// inBounds checks what holds of every response.
func inBounds(t *testing.T, r *probe.Response) {
	t.Helper()
	if e := r.Err; e != nil && (!slices.Contains(data.ErrorKinds(), e.Kind) || e.Kind == data.ErrInternal || e.Message == "" || len(e.Message) > 1000) {
		t.Errorf("got %+v", e)
	}
	if r.Err == nil && (r.HTTP == nil || r.HTTP.Status < 100) {
		t.Errorf("no error, and %+v", r.HTTP)
	}
	if len(r.Body) > probe.MaxBody || len(r.Hops) > 4 {
		t.Errorf("%d bytes of body, %d hops", len(r.Body), len(r.Hops))
	}
	m := &data.Measurement{
		Monitor: "m", Location: "l", Scheduled: time.Unix(0, 0), Attempt: 1, State: data.Up, Started: r.Started,
		HTTP: r.HTTP, TLS: r.TLS, Phases: r.Phases, Hops: r.Hops, Error: r.Err, Trace: r.Trace(),
	}
	if r.Err != nil {
		m.State = data.Down
	}
	if _, err := data.Encode(m); err != nil {
		t.Errorf("it cannot be written: %v", err)
	}
}
