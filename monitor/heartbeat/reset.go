package heartbeat

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/monitorink/monitorink/data"
)

// Missed lists the gaps with reason stopped that a start at now would write over
// what an earlier process left in j and s. It changes nothing.
func Missed(j Recorded, s *State, now time.Time) ([]*data.Gap, error) {
	return missed(j, s.set, nil, data.Millis(now), s.Location(), "none", slog.New(slog.DiscardHandler))
}

// Reset makes now the newest checkpoint, though it may be earlier than the last,
// and lets no definition begin after it: for a clock that was wrong, and is right
// now. It returns how many definitions it has changed. Slots between now and the
// checkpoint that was the newest may be measured again; where that was not ahead,
// what was missed since is written first, as at a start. When Reset fails, or is
// interrupted, it can simply be called again.
func Reset(ctx context.Context, j Journal, s *State, instance string, now time.Time) (changed int, err error) {
	now = data.Millis(now)
	if s.SetAside > 0 {
		return 0, fmt.Errorf("start heartbeat once before, which makes good for the definitions that are damaged: %s", s.Notes[0])
	}
	gaps, err := missed(j, s.set, nil, now.Add(time.Millisecond), s.Location(), instance, slog.New(slog.DiscardHandler))
	if err != nil {
		return 0, err
	}
	if err := write(ctx, j.Publish, gaps, nil); err != nil {
		return 0, fmt.Errorf("write %d gaps: %w", len(gaps), err)
	}
	set := slices.Clone(s.set)
	for i := range set {
		early := false
		for _, t := range []*time.Time{&set[i].From, &set[i].Until} {
			if t.After(now) {
				*t, early = now, true
			}
		}
		if early {
			changed++
		}
	}
	set = slices.DeleteFunc(set, func(d Definition) bool { return !d.Until.IsZero() && !d.Until.After(d.From) })
	if changed > 0 { // first, for with the old checkpoint it has no effect
		if err := s.Save(set); err != nil {
			return 0, err
		}
	}
	if err := j.Checkpoint(ctx, now); err != nil {
		return changed, fmt.Errorf("write the checkpoint: %w", err)
	}
	return changed, nil
}
