package policy_test

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/monitor/probe/policy"
)

func parse(t testing.TB, deny, allow string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse(split(deny), split(allow))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func TestTheMostSpecificEntryDecides(t *testing.T) {
	for _, v := range []struct{ deny, allow, denied, allowed string }{
		{"", "", "169.254.169.254,fd00:ec2::254,168.63.129.16,100.100.100.200,169.254.170.2", "169.254.169.253,10.0.0.1,127.0.0.1,::1,8.8.8.8,2001:db8::1"},
		{"metadata", "", "169.254.169.254", "10.0.0.1"},
		{"10.0.0.0/8", "", "10.255.255.255,169.254.169.254", "11.0.0.0,9.255.255.255"},
		{"10.0.0.0/8", "10.1.0.0/16", "10.0.0.1,10.2.0.1", "10.1.0.1"},
		{"10.0.0.0/8,10.1.2.0/24", "10.1.0.0/16", "10.0.0.1,10.1.2.3", "10.1.3.3"},
		{"10.1.2.3", "10.0.0.0/8", "10.1.2.3", "10.1.2.4"},
		{"10.1.2.3", "10.1.2.3", "", "10.1.2.3"},
		{"", "metadata", "", "169.254.169.254,fd00:ec2::254"},
		{"", "169.254.169.254", "169.254.170.2", "169.254.169.254"},
		{"", "169.254.0.0/16", "169.254.169.254", "169.254.1.1"},
		{"private", "private", "169.254.169.254,100.100.100.200,fd00:ec2::254", "10.0.0.1,169.254.1.1"},
		{"all", "10.0.0.0/8", "8.8.8.8,::1,11.0.0.1,64:ff9b::10.0.0.1", "10.0.0.1,::ffff:10.0.0.1"},
		{"all", "10.0.0.0/8,64:ff9b::/96", "64:ff9b::8.8.8.8", "64:ff9b::10.0.0.1"},
		{"all", "all", "169.254.169.254", "8.8.8.8,::1"},
		{"0.0.0.0/0", "", "1.2.3.4,::ffff:1.2.3.4,2002:102:304::1", "2001:db8::1"},
		{"::/0", "", "2001:db8::1", "1.2.3.4,::ffff:1.2.3.4"},
		{"loopback", "", "127.0.0.1,127.255.0.1,::1,0.0.0.0,::", "10.0.0.1,::2"},
		{"127.0.0.1", "", "127.0.0.1,0.0.0.0,::,::ffff:0.0.0.0", "127.0.0.2"},
		{"::1", "", "::1,::,0.0.0.0", "127.0.0.1"},
		{"::ffff:10.0.0.0/104", "", "10.1.1.1", "11.1.1.1"},
		{"fd00::1", "", "fd00::1%eth0,fd00::1", "fd00::2"},
		{"private", "", "0.1.2.3,10.0.0.1,100.64.0.1,127.0.0.1,169.254.1.1,172.16.0.1,172.31.255.255,192.168.1.1,198.18.0.1,224.0.0.1,255.255.255.255,fc00::1,fdff::1,fe80::1%eth0,fec0::1,ff02::1,::,::1,64:ff9b:1::8.8.8.8",
			"8.8.8.8,172.32.0.1,172.15.0.1,100.128.0.1,2606:4700::1111,64:ff9b::8.8.8.8"},
	} {
		p := parse(t, v.deny, v.allow)
		for _, s := range split(v.denied) {
			if p.Judge(netip.MustParseAddr(s)) == nil {
				t.Errorf("deny %q, allow %q: %s is allowed", v.deny, v.allow, s)
			}
		}
		for _, s := range split(v.allowed) {
			if err := p.Judge(netip.MustParseAddr(s)); err != nil {
				t.Errorf("deny %q, allow %q: %s: %v", v.deny, v.allow, s, err)
			}
		}
	}
}

// Every wrapping of IPv4 in IPv6 that there is is looked into.
func TestWrappedAddressesAreUnwrapped(t *testing.T) {
	p := parse(t, "192.0.2.33", "") // the address of the examples in RFC 6052
	for name, s := range map[string]string{
		"plain":                     "192.0.2.33",
		"mapped":                    "::ffff:192.0.2.33",
		"mapped, hexadecimal":       "::ffff:c000:221",
		"mapped, in full":           "0:0:0:0:0:ffff:c000:0221",
		"compatible":                "::192.0.2.33",
		"translated":                "::ffff:0:192.0.2.33",
		"NAT64":                     "64:ff9b::192.0.2.33",
		"NAT64 of one's own, /96":   "64:ff9b:1::192.0.2.33",
		"NAT64 of one's own, /64":   "64:ff9b:1::c0:2:2100:0",
		"NAT64 of one's own, /56":   "64:ff9b:1:c0:0:221::",
		"NAT64 of one's own, /48":   "64:ff9b:1:c000:2:2100::",
		"6to4":                      "2002:c000:221::1",
		"Teredo, the server":        "2001:0:c000:221::1",
		"Teredo, the client":        "2001:0:102:304:0:0:3fff:fdde",
		"ISATAP":                    "2001:db8::5efe:192.0.2.33",
		"ISATAP, universal":         "2001:db8::200:5efe:192.0.2.33",
		"ISATAP, link-local, zoned": "fe80::5efe:192.0.2.33%eth0",
	} {
		a := netip.MustParseAddr(s)
		err := p.Judge(a)
		if err == nil {
			t.Errorf("%s: %s is allowed", name, s)
		} else if !strings.Contains(err.Error(), "192.0.2.33") {
			t.Errorf("%s: %v", name, err)
		}
		if err := parse(t, "192.0.2.34", "").Judge(a); err != nil {
			t.Errorf("%s: %v, although another address is denied", name, err)
		}
	}
}

func TestAnErrorNamesTheEntryAndTheVariable(t *testing.T) {
	for _, v := range []struct{ deny, addr, want string }{
		{"", "169.254.169.254", "MONITORINK_DENY has metadata (169.254.169.254/32); if it is to be probed, MONITORINK_ALLOW can make an exception"},
		{"10.0.0.0/8", "10.1.2.3", "MONITORINK_DENY has 10.0.0.0/8; if it is to be probed, MONITORINK_ALLOW can make an exception"},
		{"10.1.2.3", "10.1.2.3", "MONITORINK_DENY has 10.1.2.3; if it is to be probed, MONITORINK_ALLOW can make an exception"},
		{"private", "64:ff9b::a01:203", "it may lead to 10.1.2.3, and MONITORINK_DENY has private (10.0.0.0/8); if it is to be probed, MONITORINK_ALLOW can make an exception"},
	} {
		if err := parse(t, v.deny, "").Judge(netip.MustParseAddr(v.addr)); err == nil || err.Error() != v.want {
			t.Errorf("%s: got %v, want %s", v.addr, err, v.want)
		}
	}
	if new(policy.Policy).Judge(netip.Addr{}) == nil {
		t.Error("no address is allowed")
	}
}

func TestWrongEntriesAreNamed(t *testing.T) {
	for entry, want := range map[string]string{
		"":                  "an entry is empty; write addresses and networks with commas between them",
		"none":              `"none" is no entry: leave the variable out; what may be probed in spite of being denied, such as metadata, goes into MONITORINK_ALLOW`,
		"shop.example":      `"shop.example" is not an address, a network or a preset (all, loopback, metadata, private), and names are not looked up; write such as 10.1.2.3, 10.0.0.0/8 or fd00::/8`,
		"10.0.0.1/8":        `"10.0.0.1/8" has bits behind its /8; write 10.0.0.0/8, or the address alone`,
		"fd00::1/8":         `"fd00::1/8" has bits behind its /8; write fd00::/8, or the address alone`,
		"fe80::1%eth0":      `"fe80::1%eth0" has a zone, and an address is denied or allowed in all of them; write fe80::1`,
		"::ffff:0:0/95":     `"::ffff:0:0/95" has bits behind its /95; write ::fffe:0:0/95, or the address alone`,
		"10.0.0.0/33":       "is not an address",
		"10.0.0.0/8/8":      "is not an address",
		"10/8":              "is not an address",
		"0x7f.1":            "is not an address",
		"2130706433":        "is not an address",
		"010.0.0.1":         "is not an address",
		"10.0.0.0-10.0.0.9": "is not an address",
		"[::1]":             "is not an address",
		"Private":           "is not an address",
		" 10.0.0.1":         "is not an address",
		"http://10.0.0.1/":  "is not an address",
	} {
		for _, lists := range [][2][]string{{{"10.1.1.1", entry}, nil}, {nil, {"10.1.1.1", entry}}} {
			if _, err := policy.Parse(lists[0], lists[1]); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got %v, want %s", entry, err, want)
			}
		}
	}
}

func TestWhatAllowsNothingNewIsIdle(t *testing.T) {
	for _, v := range []struct{ deny, allow, idle string }{
		{"", "10.0.0.0/8", "10.0.0.0/8"},
		{"", "metadata", ""},
		{"", "169.254.0.0/16,8.8.8.8", "8.8.8.8,169.254.0.0/16"},
		{"private", "10.0.0.0/8,8.8.8.8", "8.8.8.8"},
		{"all", "10.0.0.0/8", ""},
		{"10.0.0.0/8", "private", ""},
	} {
		if got := strings.Join(parse(t, v.deny, v.allow).Idle(), ","); got != v.idle {
			t.Errorf("deny %q, allow %q: %q is idle, want %q", v.deny, v.allow, got, v.idle)
		}
	}
}

// Whatever network is denied, none of its addresses passes in any wrapping.
func TestNoWrappingOfADeniedNetworkPasses(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		var v4 [4]byte
		for i := range v4 {
			v4[i] = byte(rnd.Uint32())
		}
		n, err := netip.AddrFrom4(v4).Prefix(1 + rnd.IntN(32))
		if err != nil {
			t.Fatal(err)
		}
		p := parse(t, n.String(), "")
		for _, shape := range []string{"::ffff:", "::", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "2001:db8::5efe:", "fe80::200:5efe:"} {
			a := netip.MustParseAddr(shape + netip.AddrFrom4(v4).String())
			if a.IsUnspecified() || a.IsLoopback() {
				continue
			}
			if p.Judge(a) == nil {
				t.Errorf("%s is denied, and %s allowed", n, a)
			}
		}
	}
}
