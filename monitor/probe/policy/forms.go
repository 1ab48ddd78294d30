package policy

import "net/netip"

// forms are the addresses that a connection to a may end at: a itself, without its
// zone, and the IPv4 addresses that translators and tunnels find in it.
func forms(a netip.Addr) []netip.Addr {
	a = a.Unmap().WithZone("")
	list := []netip.Addr{a}
	switch {
	case a.IsUnspecified(): // which systems take for this machine
		return append(list, netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback())
	case a.Is4() || a.IsLoopback():
		return list
	}
	b := a.As16()
	for _, w := range wrappings {
		if w.in.Contains(a) {
			for _, at := range w.at {
				list = append(list, unwrap(&b, at))
			}
		}
	}
	if b[8]&0xfd == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe { // ISATAP: RFC 5214, 6.1
		list = append(list, unwrap(&b, in(12)))
	}
	return list
}

// A place is where in an IPv6 address the bytes of an IPv4 address are.
type place struct {
	bytes [4]int
	flip  byte // each is xored with it
}

func in(first int) place { return place{bytes: [4]int{first, first + 1, first + 2, first + 3}} }

func unwrap(b *[16]byte, at place) netip.Addr {
	var v4 [4]byte
	for i, n := range at.bytes {
		v4[i] = b[n] ^ at.flip
	}
	return netip.AddrFrom4(v4)
}

// wrappings are the networks whose addresses hold IPv4 addresses. NAT64 with a
// prefix of somebody's own cannot be known here.
var wrappings = []struct {
	in netip.Prefix
	at []place
}{
	{netip.MustParsePrefix("::/96"), []place{in(12)}},           // IPv4-compatible: RFC 4291, 2.5.5.1
	{netip.MustParsePrefix("::ffff:0:0:0/96"), []place{in(12)}}, // IPv4-translated: RFC 2765, 2.1
	{netip.MustParsePrefix("64:ff9b::/96"), []place{in(12)}},    // NAT64: RFC 6052, 2.1
	{netip.MustParsePrefix("64:ff9b:1::/48"), []place{ // NAT64: RFC 8215, with each length of RFC 6052, 2.2
		{bytes: [4]int{6, 7, 9, 10}}, {bytes: [4]int{7, 9, 10, 11}}, {bytes: [4]int{9, 10, 11, 12}}, in(12),
	}},
	{netip.MustParsePrefix("2002::/16"), []place{in(2)}},                                              // 6to4: RFC 3056, 2
	{netip.MustParsePrefix("2001::/32"), []place{in(4), {bytes: [4]int{12, 13, 14, 15}, flip: 0xff}}}, // Teredo: RFC 4380, 4
}
