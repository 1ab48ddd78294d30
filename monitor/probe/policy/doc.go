// Package policy says which addresses probes may connect to.
//
// The one idea: an address is judged when it is about to be connected to, after DNS
// and for each redirect and each address of a name, so that nothing a URL, a name or
// a server says can go round it. A URL is never judged by its text.
//
// A policy is two lists, of what is denied and of what is allowed in spite of that.
// The most specific entry decides, of two that are equally specific the one that
// allows; what no entry speaks of is allowed. Metadata services of clouds, where a
// machine gets its credentials, are denied unless they are allowed by name.
//
//	p, err := policy.Parse([]string{"private"}, []string{"10.1.0.0/16"})
//	probe.Options{Allow: p.Allow}
//
// An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4, Teredo, ISATAP
// and the like) is judged as both: somebody on the way may unwrap it.
package policy
