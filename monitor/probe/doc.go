// Package probe turns one slot into one bounded response, timed in phases.
//
// The one idea: a probe is a straight line (look up, connect, greet, write, wait,
// read) on the caller's goroutine, with a clock reading between its parts. At every
// moment exactly one phase is under way, so the phases add up to the total, and a
// failure belongs to the phase that it struck. HTTP/1 is spoken directly; where TLS
// negotiates HTTP/2, the connection is handed to net/http.
//
//	t, err := probe.Compile(monitor) // once for each definition
//	p := probe.New(probe.Options{})
//	defer p.Close()
//	r := p.Probe(ctx, t)
//	defer r.Release()
//
// Everything is bounded: the time by the monitor's timeout, the headers by 64 KiB,
// the body by 1 MiB after decompression and by a budget that all probes share, the
// redirects by the monitor. A body is read only when an expectation needs it;
// otherwise a probe ends with the headers, and Phases.Transfer is measured only if
// the headers themselves did not come at once. Redirects are followed by the package
// itself; each hop has phases of its own, and they are summed. On the way to another
// host the header Host and those that prove something ([data.SecretHeader]) stay behind,
// and so do a token of OAuth2, the client certificate and the server name. The
// environment's proxies are not used. Cookies are kept for one probe, if at all.
//
// A token of OAuth2 is asked for by the probe that needs it, before its phases begin,
// and kept by the Prober for all that would ask for the same. What goes wrong there
// is [data.ErrAuth], and nothing of the target.
//
// What a definition says of the way to its target (TLS, protocol, proxy, resolver,
// addresses) is compiled into a route, which all definitions that say the same have in
// common, and which keeps their idle connections apart from others. All connections are
// opened in one place, which asks Options.Allow for each address.
//
// With data.ConnectionNew each request resolves, connects and greets afresh, and
// says so ("Connection: close"). With data.ConnectionReuse a connection waits for
// the next probe, up to 90 s; so that it can serve again, up to 64 KiB of a body
// that nobody needs are read after the probe's end. A connection that the peer
// closed meanwhile is found out by the request, which is then made again on a fresh
// one. That would do harm to POST and PATCH, so they always connect afresh.
//
// # Files
//
// Before a probe:
//
//	probe.go      options, and the Prober
//	target.go     a definition, compiled
//	request.go    … what is sent
//	route.go      … the way: TLS, protocol, proxy, resolver, addresses
//	pem.go        … certificates and keys
//	file.go       … from files
//	urlerror.go   a URL that is wrong
//
// A probe:
//
//	run.go        its straight line, phase by phase
//	each.go       … to each address
//	late.go       what a request has of its own: trace, token, cookies
//	oauth2.go     the token that it asks for
//	tokens.go     … and those that are kept
//	dial.go       look up, connect, greet
//	address.go    … which address
//	proxy.go      … through a proxy
//	socks.go      … of SOCKS5
//	conn.go       HTTP/1 on a connection
//	h2.go         HTTP/2 on one
//	windows.go    … with its windows bounded
//	idle.go       connections that wait for the next probe
//	redirect.go   where an answer leads
//	body.go       what is read of it, within the budget
//	capture.go    … and kept
//
// After it:
//
//	response.go   what was found
//	errors.go     what a failure is called
package probe
