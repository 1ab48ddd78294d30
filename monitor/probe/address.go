package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/data"
)

// leastShare is how long an address may take at least, though others wait for the
// rest of the time.
const leastShare = 2 * time.Second

// rooted is addr as a resolver of one's own is asked for it: as it is written, without
// the system's search domains.
func (r *route) rooted(addr string) string {
	if r.resolver == nil {
		return addr
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || strings.HasSuffix(host, ".") {
		return addr
	}
	return net.JoinHostPort(host+".", port)
}

// lookUp returns the addresses that may be tried for hostname, in their order.
func (r *run) lookUp(hostname string) ([]netip.Addr, error) {
	r.phase = phaseDNS
	if err := r.mayAsk(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithDeadline(r.ctx, r.deadline)
	defer cancel()
	w, resolver := r.t.route, r.resolver()
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	network := map[string]string{data.IPv4: "ip4", data.IPv6: "ip6"}[w.family]
	if network == "" {
		network = "ip"
	}
	name := hostname
	if w.resolver != nil && !strings.HasSuffix(name, ".") {
		name += "."
	}
	all, err := resolver.LookupNetIP(ctx, network, name)
	var dns *net.DNSError
	if network != "ip" && errors.As(err, &dns) && dns.IsNotFound {
		return nil, &fault{data.ErrDNS, fmt.Sprintf("%s has no IPv%s address", bounded(hostname), w.family)}
	}
	if err != nil {
		return nil, err
	}
	for i, a := range all {
		all[i] = a.Unmap()
	}
	seen := make(map[netip.Addr]bool, len(all))
	all = slices.DeleteFunc(all, func(a netip.Addr) bool {
		twice := seen[a]
		seen[a] = true
		return twice
	})
	if w.family == data.Prefer4 || w.family == data.Prefer6 {
		slices.SortStableFunc(all, func(a, b netip.Addr) int {
			if a.Is4() == b.Is4() {
				return 0
			}
			if a.Is4() == (w.family == data.Prefer4) {
				return -1
			}
			return 1
		})
	}
	return all, nil
}

// choose connects to the first address of hostname that takes the connection. Each
// may take its share of the time that is left, and at least leastShare.
func (r *run) choose(d net.Dialer, hostname, addr string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	var all []netip.Addr
	if r.pinned(addr) {
		all = append(all, *r.pin)
	} else {
		if all, err = r.lookUp(hostname); err != nil {
			return nil, err
		}
		r.step(phaseConnect)
	}
	r.phase = phaseConnect
	var first error
	for i, a := range all {
		left := time.Until(r.deadline)
		d.Deadline = time.Now().Add(min(left, max(left/time.Duration(len(all)-i), leastShare)))
		nc, err := d.DialContext(r.ctx, "tcp", net.JoinHostPort(a.String(), port))
		if err == nil {
			return nc, nil
		}
		if first == nil || isTimeout(first) && !isTimeout(err) {
			first = err
		}
		if r.ctx.Err() != nil || !time.Now().Before(r.deadline) {
			break
		}
	}
	return nil, first
}

// pinned reports whether addr is to be reached at one address of its name.
func (r *run) pinned(addr string) bool { return r.pin != nil && addr == r.t.first.addr }

// explain tells of a source address that is not one of this machine.
func (r *route) explain(err error) error {
	if r.source.IsValid() && errors.Is(err, syscall.EADDRNOTAVAIL) {
		if wrong := checkSource(r.source); wrong != nil {
			return wrong
		}
	}
	return err
}

// CheckSource says why source, as data.Monitor has it, is not an address of this
// machine, or returns nil.
func CheckSource(source string) error {
	a, err := parseSource(source)
	if err != nil {
		return err
	}
	return checkSource(a)
}

func checkSource(a netip.Addr) error {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		return fmt.Errorf("the source address %s is not one of this machine; write one that it has, or leave source out", a)
	}
	if err == nil {
		_ = c.Close() // nothing was sent
	}
	return nil
}
