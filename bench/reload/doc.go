// Command reload measures what a reload of many monitors, one of which has changed,
// takes, and what the others notice of it.
//
//	go run ./bench/reload [-monitors 10000] [-every 10s] [-reloads 5]
//
// A heartbeat as it is shipped, with its queue in memory, probes a target in another
// process. The file is edited and POST /-/reload is asked, again and again. It prints how
// long each request took, how many slots of the monitors that were not edited have no
// measurement, and how late these began: during the reloads, and at all times.
//
// The figures mean something only while nothing else runs on the machine.
package main
