// Package probe turns one slot into one bounded response, timed in phases.
//
// The one idea: at every moment of a probe exactly one phase is under way, so the
// phases add up to the total, and a failure belongs to the phase that it struck.
// Redirects are followed by the package itself; each hop has phases of its own, and
// they are summed.
//
// Everything is bounded: the time by the monitor's timeout, the headers by 64 KiB,
// the body by 1 MiB after decompression and by a budget that all probes share, the
// redirects by the monitor. A body is read only when an expectation needs it;
// otherwise a probe ends with the headers. (With reused connections up to 64 KiB
// of it are read and thrown away, as the connection could not serve again
// otherwise.) Cookies and proxies of the environment are not used.
package probe
