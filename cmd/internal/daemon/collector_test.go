package daemon

import (
	"log/slog"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/web"
)

func TestTheStatusPageKnowsWhenACronMonitorIsDue(t *testing.T) {
	next := webOptions(&config.Config{}, slog.New(slog.DiscardHandler), metrics.New("test"), web.Options{}).Next
	friday := time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)
	for cron, want := range map[string]time.Time{
		"0 6 * * mon-fri": friday.AddDate(0, 0, 3),
		"0 6 30 2 *":      {}, // there is no such day
		"not cron":        {},
	} {
		if got := next("report", data.Schedule{Cron: cron, Timezone: "Europe/Berlin"}, friday); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", cron, got, want)
		}
	}
}
