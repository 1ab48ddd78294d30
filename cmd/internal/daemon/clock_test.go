package daemon

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/monitor/heartbeat"
)

func TestStartWaitsForAClockThatIsNotSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whose clock begins in 2000
		var text bytes.Buffer
		log := slog.New(slog.NewTextHandler(&text, nil))
		ready, began := &readiness{}, time.Now()
		var off atomic.Int64
		ready.done()
		time.AfterFunc(time.Minute+time.Millisecond, func() {
			p := ready.problems()
			if len(p) != 1 || p[0].Name != "clock" || !strings.Contains(p[0].Message, "the clock says 2000-01-01T00:01:00Z: waiting until it is set") {
				t.Errorf("meanwhile: %+v", p)
			}
			off.Store(int64(earliest.Sub(began)))
		})
		if err := awaitClock(t.Context(), func() time.Time { return time.Now().Add(time.Duration(off.Load())) }, log, ready); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d < time.Minute || d > time.Minute+2*time.Second {
			t.Errorf("it waited for %v", d)
		}
		if p := ready.problems(); len(p) > 0 {
			t.Errorf("then: %+v", p)
		}
		if n := strings.Count(text.String(), "\n"); n != 2 {
			t.Errorf("%d lines, want one when it begins and one when it ends:\n%s", n, &text)
		}
	})
}

func TestStopWhileTheClockIsNotSetIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		err := awaitClock(ctx, time.Now, slog.New(slog.DiscardHandler), &readiness{})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if err := stopped(ctx, err, slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("the daemon ends with %v", err)
		}
	})
}

func TestProblemsOfTheClockAndTheLedger(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		stats heartbeat.Stats
		want  []string // a problem's name, and what it says
	}{
		"all is well":                            {stats: heartbeat.Stats{Checkpoint: now, CheckpointAge: time.Second}},
		"a jump of the clock that may be undone": {stats: heartbeat.Stats{Checkpoint: now.Add(-time.Hour), CheckpointAge: time.Minute}},
		"a clock that is a little behind":        {stats: heartbeat.Stats{Checkpoint: now.Add(time.Minute), CheckpointAge: 5 * time.Minute, Behind: time.Minute}},
		"checkpoints that are not written":       {stats: heartbeat.Stats{Checkpoint: now.Add(-time.Hour), CheckpointAge: time.Hour}, want: []string{"ledger", "11:00"}},
		"a clock that is far behind":             {stats: heartbeat.Stats{Behind: time.Hour, Accounted: now.Add(time.Hour)}, want: []string{"clock", "1h0m0s", "until 2026-11-24T13:00:00Z", "heartbeat ledger reset"}},
	} {
		got := statsProblems(test.stats, now)
		if len(got) != min(len(test.want), 1) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i, want := range test.want {
			if i == 0 && got[0].Name != want || i > 0 && !strings.Contains(got[0].Message, want) {
				t.Errorf("%s: %+v, want %q", name, got, want)
			}
		}
	}
}
