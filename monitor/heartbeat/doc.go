// Package heartbeat assembles the prober: a schedule's slots go through probe and
// match into the local queue, and a ledger sees to it that every slot is accounted
// for, by its measurement or by a gap.
//
//	schedule ─► probe, match ─► group ─► local queue
//	    └─ what does not run ─► ledger ─► gaps, checkpoints ─┘
//
// The ledger is small on purpose. It keeps one open gap for each monitor, and
// writes checkpoints into the local queue: "every slot up to T is above this
// record". T is held back by every slot whose result is not yet in the queue and
// by every gap that is not, so a checkpoint can never be ahead of what it covers.
// After a start, [Recover] reads the queue back and turns what lies between the
// newest checkpoint and now into gaps with reason stopped, under the definitions
// that [State] had persisted.
//
// With a queue in memory there are no checkpoints and no state: what is in flight
// ends with the process.
package heartbeat
