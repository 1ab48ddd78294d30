// Package heartbeat assembles the prober: a schedule's slots go through probe and
// match into the local queue, and a ledger sees to it that every slot is accounted
// for, by its measurement or by a gap.
//
//	schedule ─► gate ─► probe, match ─► group ─► local queue
//	    └─ what does not run ─► ledger ─► gaps, checkpoints ─┘
//
// What is due waits in the schedule, where it can still be skipped: the gate lets no
// more begin than may be under way, and after each burst the echo waits until this
// process has caught up, so that a processor that is too slow makes gaps, and not
// slow targets. How far a probe was starved all the same, package strain says.
//
// The ledger is small on purpose. It keeps one open gap for each monitor, and
// writes checkpoints into the local queue: "every slot up to T is above this
// record". T is held back by every slot whose result is not yet in the queue and
// by every gap that is not, so a checkpoint can never be ahead of what it covers.
// A start reads the queue back and turns what lies between the newest checkpoint and
// now into gaps with reason stopped, under the definitions that [State] had persisted.
//
// A slot that is down may be probed again, as a later attempt: its slot has a
// measurement by then, so no checkpoint waits for it. [Heartbeat.Reload] replaces
// definitions at an instant a moment ahead, so that they are persisted before any slot of
// theirs runs.
//
// With a queue in memory there are no checkpoints and no state: what is in flight
// ends with the process.
//
// # Files
//
// A slot's way:
//
//	heartbeat.go    the pipeline, put together and run
//	source.go       slots that are due, where they can still be skipped
//	gate.go         … no more than may be under way
//	echo.go         … and none before this process has caught up
//	measure.go      a slot probed and judged
//	each.go         … at every address of a name
//	capture.go      … with a piece of the answer
//	mask.go         … and without secrets
//	publish.go      into the local queue
//	counters.go     figures of all that
//
// What becomes of the others:
//
//	ledger.go       open gaps, and what holds the checkpoint back
//	keep.go         gaps, checkpoints and registrations, written now and then
//	recover.go      what a start finds missing
//	reconstruct.go  … when the definitions are damaged
//	reset.go        … and as a person is told of it
//	clock.go        steps of the clock
//
// Definitions:
//
//	definition.go   one, from an instant on
//	target.go       … made ready to be probed
//	apply.go        those of a start
//	reload.go       those that take their place
//	handover.go     … or are another heartbeat's now
//	differ.go       what a set would change
//	compare.go      … field by field
//	state.go        the data directory, and its lock
//	persisted.go    … the file of definitions
//	location.go     … where it belongs to
//	peek.go         … beside a heartbeat that runs
//	once.go         a probe outside any schedule
package heartbeat
