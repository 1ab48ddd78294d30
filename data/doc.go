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
//	e, err := data.Decode(value)
//	switch e := e.(type) {
//	case *data.Measurement: // what e.Slot() was found to be, at attempt e.Attempt
//	case *data.Gap:         // e.Slots slots from e.First to e.Last that nobody measured
//	case *data.Registration: // which definition holds from e.From
//	}
//
// What an event is about is its identity, by which it is kept: that of a
// measurement is (Monitor, Location, Scheduled, Attempt), that of a gap (Monitor,
// Location, First, Last, Reason), that of a registration (Monitor, Location,
// From). Of several attempts in a slot the last one decides.
//
// Events about one slot form a join semilattice under [Join]: whatever their
// order and however often they arrive, the same one stays.
//
// The package depends on the standard library only and does no I/O.
package data
