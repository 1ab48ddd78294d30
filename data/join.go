package data

import (
	"bytes"
	"cmp"
)

// Join returns which of two events about one thing stays: two accounts of one
// slot (measurements of one attempt, gaps that cover it), or two registrations
// of one identity. A measurement stays against a gap, the measurement that
// started earlier against one that started later, and what is still equal is
// decided by content. Join is the minimum under [Compare], and therefore
// commutative, associative and idempotent.
func Join(a, b Event) Event {
	if Compare(a, b) <= 0 {
		return a
	}
	return b
}

// Compare orders events about one thing by which stays: negative when a does.
// It is 0 only for events of equal content.
func Compare(a, b Event) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	c := 0
	switch a := a.(type) {
	case *Measurement:
		c = a.Started.Compare(b.(*Measurement).Started)
	case *Gap:
		g := b.(*Gap)
		// The gap that begins earlier knew first; the longer one tells more.
		c = cmp.Or(a.First.Compare(g.First), g.Last.Compare(a.Last), cmp.Compare(g.Slots, a.Slots))
	}
	if c != 0 {
		return c
	}
	return bytes.Compare(a.appendJSON(nil), b.appendJSON(nil))
}

func rank(e Event) int {
	switch e.(type) {
	case *Measurement:
		return 0
	case *Gap:
		return 1
	}
	return 2
}
