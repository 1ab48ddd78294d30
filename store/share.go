package store

import (
	"math/bits"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// A Share is the part of a gap, from From to just before To, whose slots count
// as that gap's in a [Summary], those that were measured aside.
type Share struct {
	Gap      *data.Gap
	From, To time.Time
	Slots    int64
}

// Shares returns the shares of the gaps of one monitor at one location in the
// range of q; no two overlap. Of two gaps that cover a slot it is data.Join's
// that counts: taken in that order, the gaps before one cover everything from its
// First to the latest Last so far. What remains to a store is to take from each
// share the distinct instants of its range that were measured, and to count what
// is left when it is more than nothing.
func Shares(gaps []*data.Gap, q Query) []Share {
	gaps = slices.Clone(gaps)
	slices.SortFunc(gaps, func(a, b *data.Gap) int { return data.Compare(a, b) })
	var shares []Share
	var free time.Time // where no gap so far reaches
	for _, g := range gaps {
		lo, hi := later(later(g.First, free), q.From), g.Last.Add(time.Millisecond)
		free = later(free, hi)
		if !q.To.IsZero() && q.To.Before(hi) {
			hi = q.To
		}
		if lo.Before(hi) {
			shares = append(shares, Share{g, lo, hi, slotsBefore(g, hi) - slotsBefore(g, lo)})
		}
	}
	return shares
}

// slotsBefore is how many of g's slots come before t, taking them to be spread
// evenly from First to Last.
func slotsBefore(g *data.Gap, t time.Time) int64 {
	length, until := g.Last.UnixMilli()-g.First.UnixMilli(), t.UnixMilli()-g.First.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		until++ // a slot within the millisecond that t cuts begins before t
	}
	n := min(g.Slots, length+1) // slots are whole milliseconds
	switch {
	case until <= 0:
		return 0
	case until > length:
		return n
	}
	high, low := bits.Mul64(uint64(until), uint64(n-1))
	slots, rest := bits.Div64(high, low, uint64(length)) // until ≤ length, so that it fits
	if rest > 0 {
		slots++
	}
	return max(int64(slots), 1) // one is at First
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
