package daemon

import (
	"log/slog"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/monitor/collector"
)

// farewell is what a heartbeat says last: how much of what it measured is where.
// It is to be called once all that takes from the queue has ended.
func (l *local) farewell(cfg *config.Config, log *slog.Logger) {
	left, undecided := l.stats().Depth, int64(0)
	var facts []any
	h := l.running.Load()
	switch {
	case h != nil:
		s := h.Stats()
		undecided = s.Undecided
		facts = append(facts, "measured", s.Up+s.Down, "unfinished_slots", undecided)
	case left == 0:
		return // it has not begun
	}
	if l.journal == nil {
		facts = append(facts, "lost_with_memory", left)
		if left+undecided > 0 {
			log.Warn("heartbeat has ended; what was in memory, and what was missed, is not known to the next start", facts...)
			return
		}
		log.Info("heartbeat has ended", facts...)
		return
	}
	facts = append(facts, "left_in_spool", left, "dir", cfg.DataDir)
	if left+undecided > 0 {
		log.Warn("heartbeat has ended; the next start goes on with what is left", facts...)
		return
	}
	log.Info("heartbeat has ended", facts...)
}

// farewell is what a collector says last. What it took and did not save is the
// queue's, which hands it out again.
func farewell(c *collector.Collector, log *slog.Logger) {
	s, saved := c.Stats(), int64(0)
	for _, n := range s.Saved {
		saved += n
	}
	facts := []any{"saved", saved, "set_aside", s.Refused, "left_in_queue", s.Undecided}
	if s.Undecided > 0 {
		log.Warn("collector has ended; the queue hands out again what is left", facts...)
		return
	}
	log.Info("collector has ended", facts...)
}
