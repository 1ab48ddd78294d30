package memory

import (
	"context"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// Summary counts the slots of a monitor in a range: exactly what the lists hold, and
// by buckets what gave way.
func (s *Store) Summary(ctx context.Context, q store.Query) (store.Summary, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sum := store.Summary{Gaps: map[data.Reason]int64{}}
	all, err := s.of(ctx, q)
	if err != nil {
		return sum, err
	}
	var total store.Latency
	for _, t := range all {
		for _, piece := range t.past.known().Pieces(q.From, q.To) {
			if piece.Tier == 0 {
				t.summarize(&sum, &total, piece)
				continue
			}
			for _, b := range t.past.within(tierOf(piece.Tier), piece.From, piece.To) {
				sum.Up, sum.Down = sum.Up+b.Up, sum.Down+b.Down
				for reason, n := range b.Gaps {
					sum.Gaps[reason] += n
				}
				b.Total.Histogram = store.Histogram{}
				total.Merge(b.Total)
			}
		}
	}
	sum.Min, sum.Mean, sum.Max = total.Min, total.Mean(), total.Max
	return sum, nil
}

// summarize adds what the lists hold of a range.
func (t *series) summarize(sum *store.Summary, total *store.Latency, p store.Piece) {
	for _, m := range store.Decide(t.measurements.since(p.From, scheduled).until(p.To, scheduled)) {
		if m.State != data.Up {
			sum.Down++
			continue
		}
		sum.Up++
		if m.Phases.Total.Measured() {
			total.Merge(store.Latency{Count: 1, Min: m.Phases.Total.D(), Max: m.Phases.Total.D(), Sum: m.Phases.Total.D()})
		}
	}
	addGaps(sum.Gaps, t.gaps, t.measurements, store.Query{From: p.From, To: p.To})
}

// addGaps adds the slots that gaps account for and measurements do not.
func addGaps(counts map[data.Reason]int64, gaps list[*data.Gap], measured list[*data.Measurement], q store.Query) {
	for _, part := range store.Shares(gaps.since(q.From, last), q) {
		slots := store.Decide(measured.since(part.From, scheduled).until(part.To, scheduled))
		if n := part.Slots - int64(len(slots)); n > 0 {
			counts[part.Gap.Reason] += n
		}
	}
}

// known is from when on each tier is complete.
func (p *past) known() store.Since {
	return store.Since{Raw: p.end, Minute: p.since[0], Hour: p.since[1], Day: p.since[2]}
}
