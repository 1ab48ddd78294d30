// Package data holds the words of Monitorink: what a monitor is, which slots it
// has, and the three kinds of event that account for those slots.
//
// The one idea: a slot is (monitor, location, scheduled instant), and every slot
// of a monitor's history is accounted for by a [Measurement], or else by a [Gap]
// that covers it and says why nothing was measured. A [Registration] says which
// definition held from when, so that anyone can list the slots without asking
// the prober.
//
// Events travel as JSON ([Encode], [Decode]) in a form pinned by the files under
// testdata/golden. Durations are integer microseconds in fields that end in _us;
// scheduled instants are RFC 3339 UTC with milliseconds, other instants with
// microseconds; a field that is absent was not measured. A reader ignores fields
// that it does not know (a newer minor form, "measurement/1.3") and refuses a
// major form that it does not know ("measurement/2").
//
// Events about one slot form a join semilattice under [Join]: whatever their
// order and however often they arrive, the same one stays.
//
// The package depends on the standard library only and does no I/O.
package data
