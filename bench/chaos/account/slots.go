package account

import (
	"slices"
	"time"
)

// Phase is FNV-1a-64 of an id modulo an interval, in milliseconds.
func Phase(id string, every time.Duration) int64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(id) {
		h ^= uint64(b)
		h *= 1099511628211
	}
	return int64(h % uint64(every.Milliseconds())) //nolint:gosec // less than the interval
}

// A period is when one registration holds, in Unix milliseconds: [from, to).
type period struct {
	Registration
	phase, every int64
	from, to     int64
}

// periods puts registrations in order; the last one holds until end.
func periods(id string, history []Registration, end time.Time) []period {
	sorted := slices.SortedFunc(slices.Values(history), func(a, b Registration) int { return a.From.Compare(b.From) })
	var list []period
	for i, r := range sorted {
		p := period{Registration: r, from: r.From.UnixMilli(), to: end.UnixMilli()}
		if i+1 < len(sorted) {
			p.to = min(p.to, sorted[i+1].From.UnixMilli())
		}
		if r.Every > 0 {
			p.every = r.Every.Milliseconds()
			p.phase = Phase(id, r.Every)
		}
		list = append(list, p)
	}
	return list
}

// slots lists the instants of p in Unix milliseconds.
func (p *period) slots(yield func(int64) bool) {
	if p.Removed || p.every == 0 {
		return
	}
	k := (p.from - p.phase + p.every - 1) / p.every // all of it lies after 1970
	for at := p.phase + k*p.every; at < p.to; at += p.every {
		if !yield(at) {
			return
		}
	}
}

// holds returns the period in which an instant is a slot; nil when it is none.
func holds(list []period, at int64) *period {
	for i := range list {
		p := &list[i]
		if at >= p.from && at < p.to {
			if p.Removed || p.every == 0 || (at-p.phase)%p.every != 0 {
				return nil
			}
			return p
		}
	}
	return nil
}
