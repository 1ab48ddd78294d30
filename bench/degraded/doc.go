// Command degraded measures how well degraded_us tells which measurements the
// prober itself has spoilt.
//
//	go run ./bench/degraded [-seconds 10] [-rounds 2] [-every 1s]
//
// The target is a process of its own and answers after exactly 5 ms. heartbeat, as
// it is shipped but for a queue that keeps nothing, probes it 100 and 1,000 times a
// second, over new and over reused connections, each time freshly started: first
// on the quiet machine, which tells the overhead that is normal (the median), then
// beside busy loops, as many as there are processors and twice as many. A
// measurement is off when its total is further than 5 ms from what is normal.
// Columns: measurements, how many were off, how many of those carry the mark, how
// many of those that carry it are off, and how many carry it at all.
//
// The quiet rows mean something only while nothing else runs on the machine.
package main
