package jsonpath

import (
	"errors"
	"iter"
)

// ErrSteps says that a path looked at more of a document than is allowed.
var ErrSteps = errors.New("the path looks at too much")

// Each calls visit for each value of d that p finds, in the order of RFC 9535, until
// visit returns false. It fails with [ErrSteps] when the document's steps are spent;
// all paths of one document share them.
func (p *Path) Each(d *Document, visit func(Value) bool) error {
	if d.steps >= 0 {
		d.walk(p.query.segments, 0, visit)
	}
	if d.steps < 0 {
		return ErrSteps
	}
	return nil
}

// children yields the elements of an array, and the members' values of an object:
// the name of such a value is the node before it.
func (d *Document) children(i uint32) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		child, end, step := i+1, d.nodes[i].next, uint32(0)
		if d.text[d.nodes[i].at] == byte(Object) {
			step = 1
		}
		for child += step; child < end; child = d.nodes[child].next + step {
			if !yield(Value{d, child}) {
				return
			}
		}
	}
}

// walk visits what the segments find from node i on. It returns false when it is to
// end, be it that visit says so or that the steps are spent.
func (d *Document) walk(segments []segment, i uint32, visit func(Value) bool) bool {
	if len(segments) == 0 {
		return visit(Value{d, i})
	}
	s, rest := &segments[0], segments[1:]
	if !s.descend {
		return d.selectAll(s.selectors, rest, i, visit)
	}
	for end := d.nodes[i].next; i < end; i++ {
		if d.nodes[i].next != 0 && !d.selectAll(s.selectors, rest, i, visit) {
			return false
		}
	}
	return true
}

// selectAll walks on from each child of node i that a selector takes.
func (d *Document) selectAll(selectors []selector, rest []segment, i uint32, visit func(Value) bool) bool {
	if !d.spend(1) {
		return false
	}
	kind := Kind(d.text[d.nodes[i].at])
	if kind != Array && kind != Object {
		return true
	}
	for k := range selectors {
		if !d.choose(&selectors[k], kind, rest, i, visit) {
			return false
		}
	}
	return true
}

func (d *Document) choose(s *selector, kind Kind, rest []segment, i uint32, visit func(Value) bool) bool {
	switch s.kind {
	case byName:
		if kind != Object {
			return true
		}
		v := d.member(Value{d, i}, s.name)
		return d.steps >= 0 && (v.d == nil || d.walk(rest, v.i, visit))
	case byIndex, bySlice:
		return kind != Array || d.elements(s, rest, i, visit)
	}
	for child := range d.children(i) {
		if !d.spend(1) {
			return false
		}
		if s.kind == byFilter && !s.filter.test(place{child, d}) {
			if d.steps < 0 {
				return false
			}
			continue
		}
		if !d.walk(rest, child.i, visit) {
			return false
		}
	}
	return true
}

// elements walks on from what an index or a slice takes of an array: RFC 9535, 2.3.4.2.2.
func (d *Document) elements(s *selector, rest []segment, i uint32, visit func(Value) bool) bool {
	var all []uint32
	for child := range d.children(i) {
		if s.kind == byIndex && s.index == int64(len(all)) {
			return d.walk(rest, child.i, visit)
		}
		if !d.spend(1) {
			return false
		}
		all = append(all, child.i)
	}
	size := int64(len(all))
	if s.kind == byIndex {
		at := s.index + size
		return s.index >= 0 || at < 0 || d.walk(rest, all[at], visit)
	}
	from, to, step := s.slice.bounds(size)
	for at := from; step > 0 && at < to || step < 0 && at > to; at += step {
		if !d.walk(rest, all[at], visit) {
			return false
		}
	}
	return true
}

// bounds are the first index, the one to stop before, and the step, of which 0 takes
// nothing.
func (s slice) bounds(size int64) (from, to, step int64) {
	step = 1
	if s.step != nil {
		step = max(min(*s.step, size), -size) // so that no sum overflows
		if *s.step != 0 && step == 0 {
			return 0, 0, 1 // of nothing
		}
	}
	low, high := int64(0), size
	from, to = 0, size
	if step < 0 {
		low, high = -1, size-1
		from, to = size-1, -1
	}
	within := func(n int64) int64 {
		if n < 0 {
			n += size
		}
		return max(min(n, high), low)
	}
	if s.start != nil {
		from = within(*s.start)
	}
	if s.end != nil {
		to = within(*s.end)
	}
	return from, to, step
}
