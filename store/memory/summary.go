package memory

import (
	"context"
	"math/bits"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// Summary counts the slots of a monitor in a range.
func (s *Store) Summary(ctx context.Context, q store.Query) (store.Summary, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sum := store.Summary{Gaps: map[data.Reason]int64{}}
	all, err := s.of(ctx, q)
	if err != nil {
		return sum, err
	}
	var total time.Duration
	var timed int64
	for _, t := range all {
		seen := s.measurements(t)
		items := seen.since(q.From, scheduled).until(q.To, scheduled)
		for i, m := range items {
			if i+1 < len(items) && items[i+1].Scheduled.Equal(m.Scheduled) {
				continue // a later attempt decides
			}
			if m.State != data.Up {
				sum.Down++
				continue
			}
			sum.Up++
			if !m.Phases.Total.Measured() {
				continue
			}
			d := m.Phases.Total.D()
			if timed == 0 || d < sum.Min {
				sum.Min = d
			}
			sum.Max = max(sum.Max, d)
			total += d
			timed++
		}
		addGaps(sum.Gaps, s.gaps(t), seen, q)
	}
	if timed > 0 {
		sum.Mean = total / time.Duration(timed)
	}
	return sum, nil
}

// addGaps adds the slots that gaps account for and measurements do not. Of two
// gaps that cover a slot it is data.Join's that counts: taken in that order, the
// gaps before one cover everything from its First to the latest Last so far.
func addGaps(counts map[data.Reason]int64, gaps list[*data.Gap], measured list[*data.Measurement], q store.Query) {
	gaps = slices.Clone(gaps.since(q.From, last))
	slices.SortFunc(gaps, func(a, b *data.Gap) int { return data.Compare(a, b) })
	var free time.Time // where no gap so far reaches
	for _, g := range gaps {
		lo, hi := later(later(g.First, free), q.From), g.Last.Add(time.Millisecond)
		free = later(free, hi)
		if !q.To.IsZero() && q.To.Before(hi) {
			hi = q.To
		}
		if !lo.Before(hi) {
			continue
		}
		n := slotsBefore(g, hi) - slotsBefore(g, lo)
		within := measured.since(lo, scheduled).until(hi, scheduled)
		for i, m := range within {
			if i == 0 || !within[i-1].Scheduled.Equal(m.Scheduled) {
				n--
			}
		}
		if n > 0 {
			counts[g.Reason] += n
		}
	}
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
