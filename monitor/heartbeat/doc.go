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
package heartbeat
