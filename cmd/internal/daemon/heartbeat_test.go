package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
)

func TestTheCapsOfAHostAreThoseOfTheEnvironment(t *testing.T) {
	for _, setting := range []string{"MONITORINK_HOST_IN_FLIGHT=1", "MONITORINK_HOST_RATE=20"} {
		t.Run(setting, func(t *testing.T) {
			var now, most, all atomic.Int64
			srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				all.Add(1)
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(20 * time.Millisecond)
				now.Add(-1)
			}))
			defer srv.Close()
			urls := ""
			for i := range 8 {
				urls += fmt.Sprintf("%s/%d,", srv.URL, i)
			}
			cfg, err := config.Load([]string{setting, "MONITORINK_URLS=" + urls, "MONITORINK_SCHEDULE=@every 200ms", "MONITORINK_TIMEOUT=200ms", "MONITORINK_LOCATION=here"})
			if err != nil {
				t.Fatal(err)
			}
			log, reg := slog.New(slog.DiscardHandler), metrics.New("")
			q, err := openLocal(cfg, log)
			if err != nil {
				t.Fatal(err)
			}
			defer q.close()
			h, err := newHeartbeat(t.Context(), cfg, log, q, reg, newReloader(cfg, log, reg), nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := h.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if h.Stats().Held == 0 || all.Load() < 5 || cfg.HostInFlight > 0 && most.Load() > 1 {
				t.Errorf("%d probes, %d at once at most, %d held", all.Load(), most.Load(), h.Stats().Held)
			}
		})
	}
}
