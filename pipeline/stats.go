package pipeline

// StageStats are what one stage has done so far. The counts of one stage are read one after another while it works,
// so that they need not add up until Run has returned.
//
// In a source, In and Out count what it gave, and Accepted, Refused and Undecided how that ended in the whole
// pipeline; what is missing from In is in flight. In all others they count what this stage itself decided. A Batch
// counts values in and batches out, a Broadcast each copy out, a ToBatch the elements of its batches.
type StageStats struct {
	Stage string

	In, Out   int64
	Accepted  int64 // promised by a sink; in a source, whatever ended well
	Skipped   int64 // ended by ErrSkip
	Refused   int64
	Undecided int64 // aborted with, or settled without being worked on after the abort

	Workers int // how many there are now
	Queued  int // values that wait for a worker
}

// Stats returns what each stage has done so far, in the order in which they were added. It may be called at any time,
// by several goroutines.
func (p *Pipeline) Stats() []StageStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := make([]StageStats, len(p.graph))
	for i, s := range p.graph {
		stats[i] = StageStats{
			Stage:     s.name,
			In:        s.in.Load(),
			Out:       s.out.Load(),
			Accepted:  s.accepted.Load(),
			Skipped:   s.skipped.Load(),
			Refused:   s.refused.Load(),
			Undecided: s.undecided.Load(),
			Workers:   int(s.workers.Load()),
			Queued:    s.queued(),
		}
		if s.inner != nil {
			stats[i].Queued += s.inner()
		}
	}
	return stats
}
