// Command probe measures what a probe costs the processor, against the pinned
// bare loop over net/http and httptrace with the same policy for connections.
//
//	go run ./bench/baseline/probe -seconds 5
//
// The target runs in a process of its own, so that its processor time does not
// count. Both sides take turns within one run, since only ratios of one run mean
// anything on a shared machine. Flat out, 16 workers probe one after another. At a
// fixed rate the bare loop wakes once for each probe, as most probers do, and ours
// are released in windows of 10 ms, as heartbeat does.
package main
