package policy_test

import (
	"net/url"
	"strings"
)

// literals are hosts that mean an address that is denied. All are tried as they
// are, and as what a redirect leads to.
var literals = []way{
	{name: "loopback", url: "127.0.0.1"},
	{name: "another loopback", url: "127.1.2.3"},
	{name: "unspecified", url: "0.0.0.0"},
	{name: "loopback, IPv6", url: "[::1]"},
	{name: "loopback, IPv6, in full", url: "[0:0:0:0:0:0:0:1]"},
	{name: "unspecified, IPv6", url: "[::]"},
	{name: "mapped", url: "[::ffff:127.0.0.1]"},
	{name: "mapped, hexadecimal", url: "[::ffff:7f00:1]"},
	{name: "mapped, capitals", url: "[::FFFF:7F00:0001]"},
	{name: "mapped, in full", url: "[0:0:0:0:0:ffff:127.0.0.1]"},
	{name: "mapped, unspecified", url: "[::ffff:0.0.0.0]"},
	{name: "mapped, private", url: "[::ffff:10.0.0.1]"},
	{name: "mapped, metadata", url: "[::ffff:a9fe:a9fe]"},
	{name: "compatible", url: "[::127.0.0.1]"},
	{name: "translated", url: "[::ffff:0:127.0.0.1]"},
	{name: "NAT64", url: "[64:ff9b::127.0.0.1]"},
	{name: "NAT64, hexadecimal", url: "[64:ff9b::7f00:1]"},
	{name: "NAT64, metadata", url: "[64:ff9b::a9fe:a9fe]"},
	{name: "NAT64 of one's own", url: "[64:ff9b:1::a9fe:a9fe]"},
	{name: "6to4", url: "[2002:7f00:1::]"},
	{name: "6to4, metadata", url: "[2002:a9fe:a9fe::1]"},
	{name: "Teredo, client", url: "[2001:0:102:304::80ff:fffe]"},
	{name: "Teredo, server", url: "[2001:0:7f00:1::1]"},
	{name: "ISATAP", url: "[2606:4700::5efe:127.0.0.1]"},
	{name: "ISATAP, universal", url: "[2606:4700::200:5efe:127.0.0.1]"},
	{name: "zone", url: "[fe80::1%25lo]"},
	{name: "zone of loopback", url: "[::1%25lo]"},
	{name: "unique local", url: "[fd00::1]"},
	{name: "site-local", url: "[fec0::1]"},
	{name: "multicast, IPv6", url: "[ff02::1]"},
	{name: "metadata", url: "169.254.169.254"},
	{name: "metadata of tasks", url: "169.254.170.2"},
	{name: "metadata, public", url: "168.63.129.16"},
	{name: "metadata, shared", url: "100.100.100.200"},
	{name: "metadata, IPv6", url: "[fd00:ec2::254]"},
	{name: "this network", url: "0.1.2.3"},
	{name: "private", url: "192.168.1.1"},
	{name: "shared", url: "100.64.0.1"},
	{name: "benchmark", url: "198.18.0.1"},
	{name: "multicast", url: "224.0.0.1"},
	{name: "broadcast", url: "255.255.255.255"},
	{name: "full-width digits", url: "１２７.０.０.１", want: refused},
	{name: "full-width stops", url: "127．0．0．1", want: refused},
	{name: "ideographic stops", url: "127。0。0。1", want: refused},
	{name: "half-width ideographic stops", url: "127｡0｡0｡1", want: refused},
	{name: "circled digits", url: "①②⑦.⓪.⓪.①", want: refused},
	{name: "mathematical digits", url: "𝟏𝟐𝟕.𝟎.𝟎.𝟏", want: refused},
	{name: "percent-encoded", url: "%31%32%37.0.0.1", want: refused},
	{name: "stop at the end", url: "127.0.0.1.", want: refused},
	{name: "decimal", url: "2130706433", want: refused},
	{name: "decimal, too large by 2^32", url: "6425673729", want: refused},
	{name: "octal", url: "017700000001", want: refused},
	{name: "hexadecimal", url: "0x7f000001"},
	{name: "hexadecimal, capitals", url: "0X7F000001"},
	{name: "hexadecimal, short", url: "0x7f.1"},
	{name: "hexadecimal, last part", url: "127.0.0.0x1"},
	{name: "two parts", url: "127.1", want: refused},
	{name: "three parts", url: "127.0.1", want: refused},
	{name: "octal part", url: "0177.0.0.1", want: refused},
	{name: "zeros in front", url: "127.0.0.001", want: refused},
	{name: "many zeros", url: "00000127.0.0.1", want: refused},
	{name: "a port in brackets", url: "[::1]:SHUT@[::1]", want: refused},
	{name: "localhost", url: "localhost"},
	{name: "localhost, capitals", url: "LocalHost"},
	{name: "localhost, stop", url: "localhost."},
	{name: "below localhost", url: "a.localhost"},
	{name: "a name in the address", url: "127.0.0.1.nip.example"},
	{name: "a name with a stop", url: "127.0.0.1.nip.example."},
	{name: "a name in capitals", url: "127.0.0.1.NIP.EXAMPLE"},
	{name: "user", url: "ok@127.0.0.1", want: refused},
	{name: "user and password", url: "ok:ok@127.0.0.1", want: refused},
	{name: "user like a host", url: "127.0.0.2:OPEN@127.0.0.1", want: refused},
	{name: "user, encoded", url: "127.0.0.2%3aOPEN%2f@127.0.0.1", want: refused},
	{name: "space in front", url: " 127.0.0.1", want: refused},
	{name: "tab", url: "127.0.\t0.1", want: refused},
	{name: "NUL", url: "127.0.0.1\x00.example", want: refused},
	{name: "soft hyphen", url: "127.0.0.\u00ad1", want: refused},
	{name: "zero width space", url: "127.0.0.\u200b1", want: refused},
}

// answers are DNS answers to trap.example.
var answers = map[string][][]string{
	"denied":                     {{"127.0.0.1"}},
	"denied, IPv6":               {{"::1"}},
	"unspecified":                {{"0.0.0.0"}},
	"unspecified, IPv6":          {{"::"}},
	"mapped":                     {{"::ffff:127.0.0.1"}},
	"compatible":                 {{"::127.0.0.1"}},
	"NAT64":                      {{"64:ff9b::7f00:1"}},
	"6to4":                       {{"2002:7f00:1::"}},
	"metadata":                   {{"169.254.169.254"}},
	"metadata, IPv6":             {{"fd00:ec2::254"}},
	"private":                    {{"10.0.0.1"}},
	"an alias of what is denied": {{"cname inner.example", "127.0.0.1"}},
	"an alias of localhost":      {{"cname localhost", "127.0.0.1"}},
	"aliases in a chain":         {{"cname a.example", "cname b.example", "::1"}},
	"both families denied":       {{"::1", "127.0.0.1"}},
	"many, all denied":           {{"127.0.0.1", "127.0.0.3", "127.0.0.4", "10.0.0.1", "::1", "fd00::1"}},
	"denied and then one that does not listen":   {{"127.0.0.1", "127.0.0.2"}},
	"denied IPv6, and IPv4 that does not listen": {{"::1", "127.0.0.2"}},
}

// others are the ways that need a server that helps, or several probes.
var others = []way{
	{name: "redirect without a scheme", url: "http://127.0.0.2:OPEN/302?//127.0.0.1:SHUT/", want: blocked},
	{name: "redirect of GET kept", url: "http://127.0.0.2:OPEN/307?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect for good", url: "http://127.0.0.2:OPEN/301?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect, see other", url: "http://127.0.0.2:OPEN/303?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect, permanent", url: "http://127.0.0.2:OPEN/308?http://127.0.0.1:SHUT/", want: blocked},
	{name: "redirect to https", url: "http://127.0.0.2:OPEN/302?https://127.0.0.1:SHUT/", want: blocked},
	{name: "second redirect", url: "http://127.0.0.2:OPEN/302?/302%3Fhttp:%2f%2f127.0.0.1:SHUT%2f", want: blocked},
	{name: "redirect with a backslash", url: `http://127.0.0.2:OPEN/302?http:\\127.0.0.1:SHUT\`, want: refused},
	{name: "redirect with a backslash and user", url: `http://127.0.0.2:OPEN/302?http://127.0.0.1:SHUT\@127.0.0.2:OPEN/`, want: refused},
	{name: "redirect with a fragment", url: "http://127.0.0.2:OPEN/302?http://127.0.0.1:SHUT%23@127.0.0.2:OPEN/", want: blocked},
	{name: "redirect to a file", url: "http://127.0.0.2:OPEN/302?file:%2f%2f%2fetc%2fpasswd", want: refused},
	{name: "redirect to gopher", url: "http://127.0.0.2:OPEN/302?gopher://127.0.0.1:SHUT/", want: refused},
	{name: "redirect to ftp", url: "http://127.0.0.2:OPEN/302?ftp://127.0.0.1:SHUT/", want: refused},
	{name: "redirect to a socket", url: "http://127.0.0.2:OPEN/302?http+unix://%252Frun%252Fdocker.sock/", want: refused},
	{name: "300 with a Location", url: "http://127.0.0.2:OPEN/300?http://127.0.0.1:SHUT/", want: untouched},
	{name: "304 with a Location", url: "http://127.0.0.2:OPEN/304?http://127.0.0.1:SHUT/", want: untouched},
	{name: "305, use a proxy", url: "http://127.0.0.2:OPEN/305?http://127.0.0.1:SHUT/", want: untouched},
	{name: "201 with a Location", url: "http://127.0.0.2:OPEN/201?http://127.0.0.1:SHUT/", want: untouched},
	{name: "Alt-Svc, Refresh, Link and base in the page", url: "http://127.0.0.2:OPEN/200?http://127.0.0.1:SHUT/", want: untouched},
	{name: "URL with a backslash", url: `http://127.0.0.1:SHUT\@127.0.0.2:OPEN/`, want: refused},
	{name: "URL with a fragment before the user", url: "http://127.0.0.1:SHUT#@127.0.0.2:OPEN/", want: blocked},
	{name: "URL with a query before the user", url: "http://127.0.0.1:SHUT?@127.0.0.2:OPEN/", want: blocked},
	{name: "URL without slashes", url: "http:127.0.0.1:SHUT", want: refused},
	{name: "URL with three slashes", url: "http:///127.0.0.1:SHUT/", want: refused},
	{name: "scheme in capitals", url: "HTTP://127.0.0.1:SHUT/", want: blocked},
	{name: "scheme https", url: "https://127.0.0.1:SHUT/", want: blocked},
	{name: "no port", url: "http://127.0.0.1/", want: blocked},
	{name: "port with zeros", url: "http://127.0.0.1:0000SHUT/", want: blocked},
	{name: "allowed address after a denied one", url: "http://trap.example:OPEN/200", want: untouched,
		dns: map[string][][]string{"trap.example": {{"127.0.0.1", "::1", "127.0.0.2"}}}},
	{name: "rebinding between a redirect and its target", url: "http://trap.example:OPEN/302?http://trap.example:SHUT/", want: blocked,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"127.0.0.1"}}}},
	{name: "rebinding to IPv6", url: "http://trap.example:OPEN/302?http://trap.example:SHUT/", want: blocked,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"::1"}}}},
	{name: "rebinding after a dozen redirects", url: "http://trap.example:OPEN/loop?http://trap.example:SHUT/", want: refused,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"127.0.0.2"}, {"127.0.0.2"}, {"127.0.0.1"}}}},
}

// proxied are the ways through proxies.
var proxied = []way{
	{name: "proxy that is denied", url: "http://127.0.0.2:OPEN/200", proxy: "http://127.0.0.1:SHUT", want: blocked},
	{name: "proxy that is denied, mapped", url: "http://127.0.0.2:OPEN/200", proxy: "http://[::ffff:7f00:1]:SHUT", want: blocked},
	{name: "proxy that is denied, by name", url: "http://127.0.0.2:OPEN/200", proxy: "http://localhost:SHUT", want: blocked},
	{name: "proxy that is denied, by TLS", url: "http://127.0.0.2:OPEN/200", proxy: "https://127.0.0.1:SHUT", want: blocked},
	{name: "proxy that is denied, SOCKS5", url: "http://127.0.0.2:OPEN/200", proxy: "socks5://127.0.0.1:SHUT", want: blocked},
	{name: "proxy that is denied, SOCKS5, metadata", url: "http://127.0.0.2:OPEN/200", proxy: "socks5://169.254.169.254:80", want: blocked},
	{name: "proxy that is rebound", url: "http://127.0.0.2:OPEN/302?http://trap.example:SHUT/", proxy: "http://trap.example:OPEN", want: blocked,
		dns: map[string][][]string{"trap.example": {{"127.0.0.2"}, {"127.0.0.1"}}}},
	{name: "denied through a proxy", url: "http://127.0.0.1:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "denied through a proxy, by TLS", url: "https://127.0.0.1:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "denied through SOCKS5", url: "http://127.0.0.1:SHUT/", proxy: "socks5://127.0.0.2:OPEN", want: blocked},
	{name: "NAT64 through a proxy", url: "http://[64:ff9b::7f00:1]:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "metadata through a proxy", url: "http://169.254.169.254/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "decimal through a proxy", url: "http://2130706433:SHUT/", proxy: "http://127.0.0.2:OPEN", want: refused},
	{name: "octal through a proxy", url: "http://017700000001:SHUT/", proxy: "socks5://127.0.0.2:OPEN", want: refused},
	{name: "hexadecimal through a proxy", url: "http://0x7f000001:SHUT/", proxy: "http://127.0.0.2:OPEN", want: refused},
	{name: "short through a proxy", url: "http://127.1:SHUT/", proxy: "http://127.0.0.2:OPEN", want: refused},
	{name: "stop at the end through a proxy", url: "http://127.0.0.1.:SHUT/", proxy: "http://127.0.0.2:OPEN", want: refused},
	{name: "last part hexadecimal through a proxy", url: "http://127.0.0.0x1:SHUT/", proxy: "http://127.0.0.2:OPEN", want: refused},
	{name: "localhost through a proxy", url: "http://localhost:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "localhost with a stop through a proxy", url: "http://LOCALHOST.:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "below localhost through a proxy", url: "http://a.localhost:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "redirect to what is denied through a proxy", url: "http://127.0.0.2:OPEN/302?http://127.0.0.1:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "redirect to a decimal through a proxy", url: "http://127.0.0.2:OPEN/302?http://2130706433:SHUT/", proxy: "http://127.0.0.2:OPEN", want: refused},
	{name: "redirect to localhost through a proxy", url: "http://127.0.0.2:OPEN/302?http://localhost:SHUT/", proxy: "http://127.0.0.2:OPEN", want: blocked},
	{name: "token endpoint that is denied", url: "http://127.0.0.2:OPEN/200", token: "http://127.0.0.1:SHUT/token", want: refused},
	{name: "token endpoint that is denied, by name", url: "http://127.0.0.2:OPEN/200", token: "http://localhost:SHUT/token", want: refused},
	{name: "token endpoint that redirects", url: "http://127.0.0.2:OPEN/200", token: "http://127.0.0.2:OPEN/307?http://127.0.0.1:SHUT/", want: refused},
	{name: "token endpoint, metadata", url: "http://127.0.0.2:OPEN/200", token: "http://169.254.169.254/token", want: refused},
	{name: "resolver that is denied", url: "http://trap.example:OPEN/200", resolver: "127.0.0.1:SHUT", want: blocked},
	{name: "resolver that is denied, mapped", url: "http://trap.example:OPEN/200", resolver: "[::ffff:7f00:1]:SHUT", want: blocked},
	{name: "resolver that is denied, metadata", url: "http://trap.example:OPEN/200", resolver: "169.254.169.254", want: blocked},
	{name: "resolver that is denied, behind a redirect", url: "http://127.0.0.2:OPEN/302?http://trap.example:SHUT/", resolver: "127.0.0.1:SHUT", want: blocked},
}

func ways() []way {
	all := make([]way, 0, 200)
	for _, l := range literals {
		if l.want == "" {
			l.want = blocked
		}
		all = append(all, way{name: "URL: " + l.name, url: "http://" + l.url + ":SHUT/", want: l.want})
		if !strings.Contains(l.url, "\x00") { // a header cannot hold it
			all = append(all, way{name: "redirect: " + l.name, want: "redirected " + l.want,
				url: "http://127.0.0.2:OPEN/302?" + url.QueryEscape("http://"+l.url+":SHUT/")})
		}
	}
	for name, list := range answers {
		dns := map[string][][]string{"trap.example": list}
		all = append(all,
			way{name: "DNS: " + name, url: "http://trap.example:SHUT/", want: blocked, dns: dns},
			way{name: "DNS behind a redirect: " + name, url: "http://127.0.0.2:OPEN/302?http://trap.example:SHUT/", want: blocked, dns: dns})
	}
	return append(append(all, others...), proxied...)
}
