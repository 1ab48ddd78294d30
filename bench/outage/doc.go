// Command outage measures what heartbeat holds while what it measures goes nowhere:
// the daemon as it is shipped, with many monitors, once with Kafka whose broker is
// down, and once with its queue on disk and no collector.
//
//	go run ./bench/outage --for 20m
//
// It needs no servers: the target is in this process, and the broker's address is
// one where nobody listens. Each line tells of a minute, or of --each: how much memory
// is resident at its end, and at most since the start; how large the spool is, and
// how many events wait in it; how many probes began in that time, and whether the
// spool is full, so that probes yield. With the default size it fills after some
// nine minutes. Two outages of 20 minutes are too long for make bench.
//
// It fails when more than --most was resident, or when the spool grew beyond its size.
package main
