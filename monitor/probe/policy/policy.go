package policy

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// The variables that hold the lists.
const (
	DenyVariable  = "MONITORINK_DENY"
	AllowVariable = "MONITORINK_ALLOW"
)

// A Policy judges addresses. It is immutable; its zero value allows all.
type Policy struct {
	rules []rule // the first that holds an address decides
}

// A rule is one network of one entry.
type rule struct {
	network netip.Prefix
	entry   string // as it was written
	allows  bool
}

// Parse makes a policy of two lists, each entry of which is an address, a network
// or a preset: all, loopback, metadata, private. Metadata is denied whether it is in
// deny or not. Its error names the entry that is wrong, and says what to write.
func Parse(deny, allow []string) (*Policy, error) {
	p := new(Policy)
	for _, list := range []struct {
		entries []string
		allows  bool
	}{{allow, true}, {append([]string{Metadata}, deny...), false}} {
		for _, entry := range list.entries {
			all, err := parse(entry)
			if err != nil {
				return nil, err
			}
			for _, n := range all {
				p.rules = append(p.rules, rule{n, entry, list.allows})
			}
		}
	}
	// Those that allow stand before those that deny as much.
	slices.SortStableFunc(p.rules, func(a, b rule) int { return cmp.Compare(b.network.Bits(), a.network.Bits()) })
	return p, nil
}

func parse(entry string) ([]netip.Prefix, error) {
	if all, ok := presets[entry]; ok {
		return all, nil
	}
	switch entry {
	case "":
		return nil, fmt.Errorf("an entry is empty; write addresses and networks with commas between them")
	case "none":
		return nil, fmt.Errorf("%q is no entry: leave the variable out; what may be probed in spite of being denied, such as %s, goes into %s", entry, Metadata, AllowVariable)
	}
	n, err := network(entry)
	if err != nil {
		return nil, err
	}
	return []netip.Prefix{n}, nil
}

// network reads an address or a network. IPv4 is IPv4, however it is written.
func network(entry string) (netip.Prefix, error) {
	n, err := netip.ParsePrefix(entry)
	if err != nil {
		a, err := netip.ParseAddr(entry)
		if err != nil {
			return n, fmt.Errorf("%q is not an address, a network or a preset (%s), and names are not looked up; write such as 10.1.2.3, 10.0.0.0/8 or fd00::/8", clip(entry), names)
		}
		if a.Zone() != "" {
			return n, fmt.Errorf("%q has a zone, and an address is denied or allowed in all of them; write %s", clip(entry), a.WithZone(""))
		}
		n = netip.PrefixFrom(a, a.BitLen())
	}
	if m := n.Masked(); m != n {
		return n, fmt.Errorf("%q has bits behind its /%d; write %s, or the address alone", entry, n.Bits(), m)
	}
	if !n.Addr().Is4In6() {
		return n, nil
	}
	if n.Bits() < 96 {
		return n, fmt.Errorf("%q is more than the IPv4 addresses in it; write 0.0.0.0/0", entry)
	}
	return netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-96), nil
}

// clip is s as a message shows it: short, and without what may be a password.
func clip(s string) string {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		s = "…" + s[at:]
	}
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// Allow is for probe.Options: it returns nil when to may be connected to, and else
// an error that says which entry forbids it. Several goroutines may call it.
func (p *Policy) Allow(to netip.AddrPort) error { return p.Judge(to.Addr()) }

// Judge returns nil when a may be connected to, and else which entry forbids it. An
// address that is none is forbidden.
func (p *Policy) Judge(a netip.Addr) error {
	if !a.IsValid() {
		return fmt.Errorf("it is no IP address")
	}
	for _, form := range forms(a) {
		r := p.rule(form)
		if r == nil || r.allows {
			continue
		}
		as := ""
		if form != a {
			as = fmt.Sprintf("it may lead to %s, and ", form)
		}
		denied := r.entry
		if n := r.network.String(); n != r.entry && n != r.entry+"/32" && n != r.entry+"/128" {
			denied += " (" + n + ")"
		}
		return fmt.Errorf("%s%s has %s; if it is to be probed, %s can make an exception", as, DenyVariable, denied, AllowVariable)
	}
	return nil
}

// rule is the most specific one for a, nil when there is none.
func (p *Policy) rule(a netip.Addr) *rule {
	for i := range p.rules {
		if p.rules[i].network.Contains(a) {
			return &p.rules[i]
		}
	}
	return nil
}

// Idle lists entries that allow what nothing denies: they have no effect.
func (p *Policy) Idle() []string {
	var idle, busy []string
	for i, r := range p.rules {
		if !r.allows || slices.Contains(busy, r.entry) {
			continue
		}
		if slices.ContainsFunc(p.rules[i+1:], func(d rule) bool { return !d.allows && d.network.Overlaps(r.network) }) {
			busy = append(busy, r.entry)
			idle = slices.DeleteFunc(idle, func(s string) bool { return s == r.entry })
		} else if !slices.Contains(idle, r.entry) {
			idle = append(idle, r.entry)
		}
	}
	return idle
}
