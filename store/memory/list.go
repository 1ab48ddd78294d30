package memory

import (
	"cmp"
	"slices"

	"github.com/monitorink/monitorink/data"
)

// A list holds events of one kind and series in the order of their identity.
type list[E data.Event] []E

// join puts e in its place; what is there already of e's identity meets it under
// data.Join.
func (l *list[E]) join(e E, compare func(a, b E) int) {
	s := *l
	if n := len(s); n == 0 || compare(s[n-1], e) < 0 { // what comes in order
		*l = append(s, e)
		return
	}
	i, found := slices.BinarySearchFunc(s, e, compare)
	if found {
		s[i] = data.Join(s[i], e).(E)
		return
	}
	*l = slices.Insert(s, i, e)
}

// trim drops the oldest beyond n, now and then, and returns how many.
func (l *list[E]) trim(n int) int64 {
	if len(*l) < n+n/8+1 {
		return 0
	}
	drop := len(*l) - n
	*l = slices.Delete(*l, 0, drop)
	return int64(drop)
}

func (l list[E]) last() E {
	var zero E
	if len(l) == 0 {
		return zero
	}
	return l[len(l)-1]
}

func compareMeasurements(a, b *data.Measurement) int {
	return cmp.Or(a.Scheduled.Compare(b.Scheduled), cmp.Compare(a.Attempt, b.Attempt))
}

func compareGaps(a, b *data.Gap) int {
	return cmp.Or(a.Last.Compare(b.Last), a.First.Compare(b.First), cmp.Compare(a.Reason, b.Reason))
}

func compareRegistrations(a, b *data.Registration) int { return a.From.Compare(b.From) }

func insert(s []string, v string) []string {
	i, found := slices.BinarySearch(s, v)
	if found {
		return s
	}
	return slices.Insert(s, i, v)
}
