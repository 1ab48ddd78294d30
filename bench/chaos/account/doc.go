// Package account judges what a store holds of a monitor by what is known from
// outside: which definitions were written when, when the prober lived and what was
// done to it, and which requests its target answered.
//
//	judge := account.New(life, 10)
//	for _, m := range monitors {
//		judge.Monitor(m)
//	}
//	verdict := judge.Verdict()
//
// It computes the slots itself, with nothing of the program that is judged. What it
// holds a store to:
//
//   - a slot is phase + k x interval, the phase being FNV-1a-64 of the id modulo the
//     interval, of the registration that holds then; the registrations are those that
//     were written down in the monitors' file, each begun while the heartbeat that
//     read it started;
//   - each slot has one row, or no row and lies in one gap; a gap counts the slots from
//     its first to its last. Only where the prober's queue was full may a gap lie over
//     a row or another gap, for it forgets then what it had handed on; that is counted
//     apart;
//   - the slot of a row, and those of a gap, are slots, and carry the version of the
//     definition that holds there;
//   - each unmeasured slot lies where a fault explains the reason of a gap over it;
//   - a request that was answered a second or more before the prober's end, and not
//     while its queue was full, has a row of its own that began before it and ended after
//     it.
//
// It is pure: it asks no clock and reads no file.
package account
