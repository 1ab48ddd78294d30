package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// A proxy is what connections are made through.
type proxy struct {
	scheme         string // http, https or socks5
	hostname, addr string // addr with the port
	user, password string
	basic          string // the value of Proxy-Authorization; empty: none
}

// parseProxy reads the URL of a proxy. Its errors repeat neither user nor password.
func parseProxy(raw string) (*proxy, error) {
	shown := raw
	if at := strings.LastIndexByte(raw, '@'); at >= 0 {
		scheme, _, _ := strings.Cut(raw[:at], "://")
		shown = scheme + "://…" + raw[at:]
	}
	const such = "write such as http://proxy.example:3128 or socks5://proxy.example:1080"
	u, err := url.Parse(raw)
	switch {
	case err != nil || !strings.Contains(raw, "://"):
		return nil, fmt.Errorf("%q is not a URL; %s", bounded(shown), such)
	case u.Scheme == "socks5h":
		return nil, fmt.Errorf("%q: write socks5; its proxy looks the names up, always", bounded(shown))
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
		return nil, fmt.Errorf("%q has the scheme %q; write http, https or socks5", bounded(shown), bounded(u.Scheme))
	case u.Hostname() == "":
		return nil, fmt.Errorf("%q has no host; %s", bounded(shown), such)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q goes on behind the port; leave that out", bounded(shown))
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080"}[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, fmt.Errorf("%q has a port that is not from 1 to 65535; write another", bounded(shown))
	}
	host, err := asciiHost(u)
	if err != nil {
		return nil, fmt.Errorf("%q has a host that cannot be looked up; %s", bounded(shown), such)
	}
	p := &proxy{scheme: u.Scheme, hostname: host, addr: net.JoinHostPort(host, port)}
	if u.User == nil {
		return p, nil
	}
	p.user = u.User.Username()
	p.password, _ = u.User.Password()
	p.basic = "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
	if p.scheme == "socks5" && (len(p.user) > 255 || len(p.password) > 255 || p.user == "") {
		return nil, fmt.Errorf("%q: user and password of a SOCKS5 proxy have 1 to 255 bytes", bounded(shown))
	}
	return p, nil
}

// forwards reports whether the proxy is given the requests for h, rather than asked for a
// connection.
func (r *route) forwards(h *url.URL) bool {
	return r.proxy != nil && r.proxy.scheme != "socks5" && h.Scheme == "http" && !r.h2only
}

// A proxyError is what kept a proxy from connecting to the target.
type proxyError struct {
	at    string
	asked bool // it was reached, and asked
	err   error
}

func (e *proxyError) Error() string { return "the proxy " + e.at + ": " + e.err.Error() }
func (e *proxyError) Unwrap() error { return e.err }

// retell says in e, which would be told of the target, that the proxy is to blame.
func (e *proxyError) retell(as *data.Error, within data.Duration) {
	switch {
	case as.Kind == data.ErrInternal || as.Kind == data.ErrBlocked:
	case as.Kind == data.ErrTimeout && e.asked:
		as.Message = fmt.Sprintf("the proxy %s did not connect to the target within %v", e.at, within)
	case as.Kind == data.ErrTimeout:
		as.Kind, as.Message = data.ErrProxy, fmt.Sprintf("no connection to the proxy %s within %v", e.at, within)
	default:
		as.Kind, as.Message = data.ErrProxy, bounded(e.Error())
	}
}

// through connects to h through the proxy. All of it counts as connecting.
func (r *run) through(h *hop) (net.Conn, error) {
	p := r.t.route.proxy
	if err := r.judgeFar(h); err != nil {
		return nil, err
	}
	nc, err := r.connect(p.hostname, p.addr)
	if err != nil {
		return nil, &proxyError{p.addr, false, err}
	}
	if r.ctx.Done() != nil {
		tcp := nc
		stop := context.AfterFunc(r.ctx, func() { tcp.SetDeadline(longAgo) })
		defer stop()
	}
	if p.scheme == "https" {
		name, _, _ := strings.Cut(p.hostname, "%")
		roots := r.t.route.roots
		if roots == nil {
			roots = r.p.o.RootCAs
		}
		tc := tls.Client(nc, &tls.Config{ServerName: name, RootCAs: roots, NextProtos: []string{"http/1.1"}, Time: r.p.o.Now})
		if err := tc.Handshake(); err != nil {
			nc.Close()
			return nil, &proxyError{p.addr, false, err}
		}
		nc = tc
	}
	if h.forward {
		return nc, nil
	}
	through := nc
	if p.scheme == "socks5" {
		err = p.socks(nc, h)
	} else {
		through, err = p.tunnel(nc, h.addr, r.p.o.UserAgent)
	}
	if err != nil {
		bare(nc).Close()
		return nil, &proxyError{p.addr, true, err}
	}
	return through, nil
}

// judgeFar asks the policy for a target that the proxy will connect to. Its name is
// looked up there, so that only addresses can be judged, what may be read as one,
// and the names that mean the machine itself.
func (r *run) judgeFar(h *hop) error {
	allow := r.p.o.Allow
	if allow == nil {
		return nil
	}
	if _, err := netip.ParseAddr(h.hostname); err == nil {
		return judge(allow, h.addr)
	}
	name := strings.TrimSuffix(strings.ToLower(h.hostname), ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case last == "localhost": // RFC 6761, 6.3
		return judge(allow, "127.0.0.1:"+portOf(h.url))
	case last != "" && last[0] >= '0' && last[0] <= '9':
		return &fault{data.ErrBlocked, fmt.Sprintf("the host %q is no address, and the proxy may take it for one; write all of its four numbers, in decimal", bounded(h.hostname))}
	}
	return nil
}

// tunnel asks an HTTP proxy for a connection to addr.
func (p *proxy) tunnel(nc net.Conn, addr, agent string) (net.Conn, error) {
	req := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\nUser-Agent: " + agent + "\r\n"
	if p.basic != "" {
		req += "Proxy-Authorization: " + p.basic + "\r\n"
	}
	if _, err := io.WriteString(nc, req+"\r\n"); err != nil {
		return nil, err
	}
	br := bufio.NewReaderSize(io.LimitReader(nc, MaxHeader), 1<<10)
	res, err := http.ReadResponse(br, &http.Request{Method: http.MethodConnect})
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &fault{data.ErrProxy, "the proxy " + p.addr + " hung up instead of connecting to the target"}
	case err != nil && errors.As(err, new(net.Error)):
		return nil, err
	case err != nil:
		return nil, &fault{data.ErrProxy, fmt.Sprintf("the proxy %s did not answer in HTTP: %s", p.addr, bounded(err.Error()))}
	case res.StatusCode == http.StatusProxyAuthRequired:
		return nil, p.unauthorized()
	case res.StatusCode < 200 || res.StatusCode > 299:
		return nil, &fault{data.ErrProxy, fmt.Sprintf("the proxy %s did not connect to the target: %s", p.addr, bounded(res.Status))}
	}
	if br.Buffered() == 0 {
		return nc, nil
	}
	early, _ := br.Peek(br.Buffered()) // cannot fail
	return &ahead{nc, early}, nil
}

// unauthorized is the fault that an HTTP proxy tells with 407.
func (p *proxy) unauthorized() error {
	if p.basic == "" {
		return &fault{data.ErrProxy, "the proxy " + p.addr + " asks for a user and a password (407); write them into the proxy's URL"}
	}
	return &fault{data.ErrProxy, "the proxy " + p.addr + " does not accept the user and the password of its URL (407)"}
}

// ahead is a connection of which some bytes have been read already.
type ahead struct {
	net.Conn
	early []byte
}

func (a *ahead) Read(b []byte) (int, error) {
	if len(a.early) == 0 {
		return a.Conn.Read(b)
	}
	n := copy(b, a.early)
	a.early = a.early[n:]
	return n, nil
}

// NetConn is the connection under a, as it is that of a [tls.Conn].
func (a *ahead) NetConn() net.Conn { return a.Conn }

// bare is the connection under TLS and proxies, which closes without a goodbye.
func bare(nc net.Conn) net.Conn {
	for {
		under, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nc
		}
		nc = under.NetConn()
	}
}
