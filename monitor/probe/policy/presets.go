package policy

import "net/netip"

// Metadata names the preset that is always denied.
const Metadata = "metadata"

// presets are the names that may stand in place of networks.
var presets = map[string][]netip.Prefix{
	"all":      networks("0.0.0.0/0", "::/0"),
	"loopback": networks(loopback...),
	"private":  networks(private...),
	Metadata:   networks(metadata...),
}

// metadata are the addresses at which clouds tell a machine, and whoever can make
// it ask, who it is and with which credentials it may act.
var metadata = []string{
	"169.254.169.254",    // AWS, Azure, Google, Oracle, DigitalOcean, Hetzner, OpenStack and most others
	"169.254.170.2",      // AWS: credentials of ECS tasks
	"169.254.170.23",     // AWS: credentials of EKS pods
	"169.254.0.23",       // Tencent
	"169.254.42.42",      // Scaleway
	"100.100.100.200",    // Alibaba
	"100.96.0.96",        // Volcengine
	"168.63.129.16",      // Azure: the WireServer, which hands out a machine's goal state
	"192.0.0.192",        // Oracle, classic
	"fd00:ec2::254",      // AWS
	"fd00:ec2::23",       // AWS: credentials of EKS pods
	"fd20:ce::254",       // Google, machines with IPv6 alone
	"fd00:c1::a9fe:a9fe", // Oracle
	"fd00:42::42",        // Scaleway
	"fd00:a9fe:a9fe::1",  // Akamai (Linode)
	"fd00:100::100:200",  // Alibaba
	"fe80::a9fe:a9fe",    // OpenStack, and Akamai
}

// loopback is this machine. The unspecified address connects to it, too.
var loopback = []string{"127.0.0.0/8", "0.0.0.0/32", "::1/128", "::/128"}

// private is what the registries of special addresses (RFC 6890) do not take for
// globally reachable.
var private = []string{
	"0.0.0.0/8",       // this network: RFC 791
	"10.0.0.0/8",      // RFC 1918
	"100.64.0.0/10",   // shared by customers of a provider (CGNAT): RFC 6598
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local
	"172.16.0.0/12",   // RFC 1918
	"192.0.0.0/24",    // assignments of the IETF
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // relays of 6to4
	"192.168.0.0/16",  // RFC 1918
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
	"::/128",          // unspecified
	"::1/128",         // loopback
	"64:ff9b:1::/48",  // NAT64 within a network: RFC 8215
	"100::/64",        // discarded
	"100:0:0:1::/64",  // a dummy
	"2001:2::/48",     // benchmarks
	"2001:10::/28",    // ORCHID
	"2001:db8::/32",   // documentation
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fc00::/7",        // unique local
	"fe80::/10",       // link-local
	"fec0::/10",       // site-local
	"ff00::/8",        // multicast
}

func networks(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, s := range list {
		p, err := network(s)
		if err != nil {
			panic(err)
		}
		all[i] = p
	}
	return all
}

// names lists the presets, for messages.
const names = "all, loopback, metadata, private"
