package memory

import (
	"context"
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

// addGaps adds the slots that gaps account for and measurements do not.
func addGaps(counts map[data.Reason]int64, gaps list[*data.Gap], measured list[*data.Measurement], q store.Query) {
	for _, part := range store.Shares(gaps.since(q.From, last), q) {
		n := part.Slots
		within := measured.since(part.From, scheduled).until(part.To, scheduled)
		for i, m := range within {
			if i == 0 || !within[i-1].Scheduled.Equal(m.Scheduled) {
				n--
			}
		}
		if n > 0 {
			counts[part.Gap.Reason] += n
		}
	}
}
