package probe_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A relay is a proxy. It forwards what is asked of it to where it is asked, and notes
// it down.
type relay struct {
	addr     string
	password string // of user probe; empty: none is wanted
	hosts    map[string]string
	mu       sync.Mutex
	asked    []string
}

func (p *relay) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, what)
}

func (p *relay) notes() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, "; ")
}

// reach dials addr, whose name it may know by itself.
func (p *relay) reach(addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if known := p.hosts[host]; known != "" {
		host = known
	}
	return net.Dial("tcp", net.JoinHostPort(host, port))
}

// splice copies until one side ends.
func splice(a, b net.Conn, early io.Reader) {
	defer b.Close()
	done := make(chan struct{}) // closed by the copy
	go func() {
		defer close(done)
		io.Copy(b, io.MultiReader(early, a))
		b.Close()
	}()
	io.Copy(a, b)
	a.Close()
	<-done
}

// http is an HTTP proxy.
func (p *relay) http(c net.Conn) {
	br := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(br)
		if err != nil {
			return
		}
		p.note(req.Method + " " + req.RequestURI)
		if p.password != "" && req.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte("probe:"+p.password)) {
			io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
			continue
		}
		if req.Method == http.MethodConnect {
			to, err := p.reach(req.RequestURI)
			if err != nil {
				io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
				continue
			}
			io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
			splice(c, to, br)
			return
		}
		req.Header.Del("Proxy-Authorization")
		to, err := p.reach(req.URL.Host)
		if err != nil {
			io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
			continue
		}
		req.Write(to)
		res, err := http.ReadResponse(bufio.NewReader(to), req)
		if err == nil {
			res.Write(c)
		}
		to.Close()
	}
}

// socks is a SOCKS5 proxy.
func (p *relay) socks(c net.Conn) {
	read := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(c, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	methods := read(int(read(2)[1]))
	if p.password == "" {
		c.Write([]byte{5, 0})
	} else {
		if methods[0] != 2 {
			c.Write([]byte{5, 0xff})
			return
		}
		c.Write([]byte{5, 2})
		user := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if user != "probe" || password != p.password {
			c.Write([]byte{1, 1})
			return
		}
		c.Write([]byte{1, 0})
	}
	host := ""
	switch read(4)[3] {
	case 1:
		host = netip.AddrFrom4([4]byte(read(4))).String()
	case 4:
		host = netip.AddrFrom16([16]byte(read(16))).String()
	case 3:
		host = string(read(int(read(1)[0])))
	}
	port := read(2)
	addr := net.JoinHostPort(host, strconv.Itoa(int(port[0])<<8|int(port[1])))
	p.note(addr)
	to, err := p.reach(addr)
	if err != nil {
		c.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	c.Write([]byte{5, 0, 0, 3, 4, 'h', 'e', 'r', 'e', 0, 80}) // curl reads no less than 10
	splice(c, to, strings.NewReader(""))
}

func newRelay(t *testing.T, kind string, a *authority) *relay {
	t.Helper()
	p := &relay{hosts: map[string]string{"shop.example": "127.0.0.1"}}
	switch kind {
	case "http":
		p.addr = raw(t, p.http)
	case "https":
		cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1")
		p.addr = raw(t, func(c net.Conn) {
			tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
			defer tc.Close()
			p.http(tc)
		})
	case "socks5":
		p.addr = raw(t, p.socks)
	}
	return p
}
