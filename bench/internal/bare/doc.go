// Package bare is the pinned loop over net/http and httptrace that probes are compared
// with.
package bare
