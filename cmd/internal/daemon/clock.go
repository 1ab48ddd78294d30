package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/monitorink/monitorink/web"
)

// earliest is before this program was written: a clock that says less has not
// been set since the machine was switched on.
var earliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// awaitClock waits until the clock has been set, so that no event and no
// definition gets an instant that is wrong by decades.
func awaitClock(ctx context.Context, now func() time.Time, log *slog.Logger, ready *readiness) error {
	if !now().Before(earliest) {
		return nil
	}
	ready.add(func() []web.Problem {
		if t := now(); t.Before(earliest) {
			return []web.Problem{{Name: "clock", Message: fmt.Sprintf("the clock says %s: waiting until it is set", t.UTC().Format(time.RFC3339))}}
		}
		return nil
	})
	log.Warn("the clock has not been set: nothing is probed until it is", "now", now().UTC())
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for now().Before(earliest) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the clock to be set: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	log.Info("the clock has been set: probing begins", "now", now().UTC())
	return nil
}
