// Package match judges what a probe found against what its monitor expects:
// status, headers, body and the values in its JSON, the time in all and by phase, and
// how the answer came: protocol, TLS, certificate, redirects.
//
// All expectations are judged even when one fails, in a fixed order, and each
// outcome carries the value that was seen, so that a measurement explains itself
// later. What the probe did not learn (no answer, a body that was cut) is not
// judged, since the probe's own error already says why.
//
//	m, err := match.Compile(monitor)      // once for each definition
//	outcomes, wrong := m.Judge(subject, now)
//
// Regular expressions are RE2: their time is linear in the body. The paths of a
// monitor look at jsonpath.MaxSteps values of a body at most, and no more bodies are
// held as documents than there are processors. A [Matcher] is immutable, and neither
// keeps nor changes what it judges. The package does no I/O.
package match
