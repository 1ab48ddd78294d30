package jsonpath

import "regexp"

// A Path is an expression that has been read. It is immutable.
type Path struct {
	text  string
	query query
}

// String is the expression as it was written.
func (p *Path) String() string { return p.text }

// Singular reports whether p finds one value at most: it is made of names and
// indices only.
func (p *Path) Singular() bool { return p.query.singular() }

// A query is a path from the root, or from the current node of a filter.
type query struct {
	relative bool
	segments []segment
}

type segment struct {
	descend   bool
	selectors []selector
}

type selectorKind byte

const (
	byName selectorKind = iota
	byIndex
	bySlice
	byFilter
	wildcard
)

type selector struct {
	kind   selectorKind
	name   []byte
	index  int64
	slice  slice
	filter logical
}

// A slice is start:end:step; what is nil was left out.
type slice struct{ start, end, step *int64 }

func (q *query) singular() bool {
	for _, s := range q.segments {
		if s.descend || len(s.selectors) != 1 || s.selectors[0].kind > byIndex {
			return false
		}
	}
	return true
}

// logical is what a filter asks: one of or, and, not, exists, comparison, search.
type logical interface{ test(at place) bool }

// valuer is what stands beside a comparison operator, or is given to a
// function: a literal, a singular query, length, count or value.
type valuer interface{ value(at place) operand }

type (
	or         []logical
	and        []logical
	not        struct{ of logical }
	exists     struct{ query *query }
	comparison struct {
		left, right valuer
		op          string
	}
	search struct { // and match, which is anchored
		text, pattern valuer
		whole         bool
		fixed         *regexp.Regexp // of a literal pattern; nil: of none, or a wrong one
	}
)

type (
	literal struct{ operand }
	only    struct{ query *query } // a singular query
	lone    struct{ query *query } // the function value
	count   struct{ query *query } // the function count
	length  struct{ of valuer }    // the function length
)
