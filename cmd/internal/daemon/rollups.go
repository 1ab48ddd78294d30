package daemon

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/monitorink/monitorink/web"
)

const (
	rollEvery = time.Second
	lagEvery  = 10 * time.Second
	lagMost   = time.Minute // beyond which it is told of
)

// A rollups is what is known of how far they are.
type rollups struct {
	mu  sync.Mutex
	age time.Duration // of the oldest that is due
	err error         // of the last try; nil: it worked
}

func (r *rollups) set(change func(*rollups)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// notes tells of rollups that are far behind; all else works without them.
func (r *rollups) notes() []web.Problem {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.age <= lagMost {
		return nil
	}
	message := fmt.Sprintf("the rollups are %s behind: charts lack what is newer", r.age.Round(time.Second))
	if r.err != nil {
		message += "; the last try: " + r.err.Error()
	}
	return []web.Problem{{Name: "rollups", Message: message}}
}

// roll keeps the rollups up to date until ctx ends. Of several collectors on one
// database one works, and the next goes on where it ends.
func (s *storage) roll(ctx context.Context) {
	if s.db == nil {
		return
	}
	tick := time.NewTicker(rollEvery)
	defer tick.Stop()
	var asked time.Time
	for {
		err := s.db.Roll(ctx)
		if ctx.Err() != nil {
			return
		}
		failed := false
		s.rollups.set(func(r *rollups) { failed, r.err = err != nil && r.err == nil, err })
		if failed {
			s.log.Warn("rolling up failed; it is tried again each second", "error", err)
		}
		if time.Since(asked) >= lagEvery {
			asked = time.Now()
			if lag, err := s.db.Lag(ctx); err == nil {
				s.rollups.set(func(r *rollups) { r.age = lag.Age })
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
