package memory

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
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

// trim drops the oldest beyond n, now and then, and returns how many. What is
// beyond n can never be among the newest n again, so when it goes does not show.
func (l *list[E]) trim(n int) int64 {
	if len(*l) < n+n/8+1 {
		return 0
	}
	return l.drop(len(*l) - n)
}

// excess is the minute of the n-th newest, before which all may go, now and then;
// zero when there are few more than n.
func (l list[E]) excess(n int, at func(E) time.Time) time.Time {
	if len(l) < n+n/8+1 {
		return time.Time{}
	}
	return store.Floor(at(l[len(l)-n]), store.Minute)
}

func (l *list[E]) drop(n int) int64 {
	*l = slices.Delete(*l, 0, n)
	return int64(n)
}

// newest returns the last n; they are what may be seen.
func (l list[E]) newest(n int) list[E] { return l[max(0, len(l)-n):] }

// since cuts off, in one step, what at places before t.
func (l list[E]) since(t time.Time, at func(E) time.Time) list[E] {
	if t.IsZero() {
		return l
	}
	return l[l.search(t, at):]
}

// until cuts off, in one step, what at does not place before t.
func (l list[E]) until(t time.Time, at func(E) time.Time) list[E] {
	if t.IsZero() {
		return l
	}
	return l[:l.search(t, at)]
}

func (l list[E]) search(t time.Time, at func(E) time.Time) int {
	return sort.Search(len(l), func(i int) bool { return !at(l[i]).Before(t) })
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

func scheduled(m *data.Measurement) time.Time { return m.Scheduled }
func last(g *data.Gap) time.Time              { return g.Last }
func from(r *data.Registration) time.Time     { return r.From }

func insert(s []string, v string) []string {
	i, found := slices.BinarySearch(s, v)
	if found {
		return s
	}
	return slices.Insert(s, i, v)
}

func (k key) compare(l key) int {
	return cmp.Or(cmp.Compare(k.monitor, l.monitor), cmp.Compare(k.location, l.location))
}

// merge puts fresh keys, in any order, among the sorted ones.
func merge(sorted, fresh []key) []key {
	slices.SortFunc(fresh, key.compare)
	i, out := len(sorted), append(sorted, fresh...)
	for j := len(fresh) - 1; j >= 0; { // from the end, so that nothing is overwritten
		at := i + j
		if i > 0 && sorted[i-1].compare(fresh[j]) > 0 {
			i--
			out[at] = sorted[i]
			continue
		}
		out[at] = fresh[j]
		j--
	}
	return out
}
