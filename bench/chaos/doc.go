// Command chaos proves from outside that every slot is accounted for, whatever dies: the built
// daemons with a real broker and a real database, both its own, a target that writes
// down each request, and proxies between them, under faults that a seed decides.
//
//	make chaos
//	make chaos CHAOS="--minutes 30 --seed 7 --queue kafka"
//
// At the end everything is healed and drained, and the store is compared with the pure
// list of slots; package account says what it is held to. docs/reliability.md says how
// to read the table.
//
// The plan of faults is made up-front, and the same flags give the same plan; what the
// processes make of it differs from run to run, as it does in life. Everything is on
// loopback, ends by itself, and is removed: only the processes that were started here
// are ended, by their ids. When something is wrong, the folder with the logs, the spool
// and the monitors' file stays, and is named.
package main
