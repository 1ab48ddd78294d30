// Command overload gives heartbeat three times more to probe than the machine
// can, and looks at what it makes of it.
//
//	go run ./bench/overload
//
// heartbeat runs as it is shipped, with its queue on disk and nobody who collects,
// against a target in a process of its own that answers at once, over a connection
// of its own for each probe. First the flat-out rate is searched: what is offered
// grows until heartbeat has twice completed at most 1/1.15 of it, and the flat-out
// rate is then what it completes with 1.3 times the best of these on offer. Then 3
// times that is offered, with one interval and with three at once; the flat-out rate
// is measured again at the end, since on a shared machine only ratios of one run mean
// anything.
//
// The figures are read from what heartbeat has put into its spool. The fraction of
// a monitor is how many of its slots ran, among those that came due in the time
// that counts; late is how late they began, in parts of min(interval, 10 s).
//
// With -steady it measures instead what heartbeat takes of memory with 10,000
// monitors at 10 s.
package main
