package metrics

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// scrapeTime is how long the store may take for what a scrape asks it.
const scrapeTime = 5 * time.Second

// Rollups adds how far the rollups of st are behind.
func (r *Registry) Rollups(st store.Reader) {
	r.reg.MustRegister(source(func(emit emit) {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
		defer cancel()
		lag, err := st.Lag(ctx)
		if err != nil {
			return // a store that does not answer has metrics of its own
		}
		emit.gauge("rollup_pending_buckets", "Buckets that are to be computed, as far as is known.", float64(lag.Pending))
		emit.gauge("rollup_lag_seconds", "Since when the oldest of them is due.", lag.Age.Seconds())
	}))
}

// Monitors are series of single monitors, as many as were asked for.
type Monitors struct {
	store store.Reader
	most  int
	left  atomic.Bool // the last scrape left some out
}

// Monitors adds what st knows of each monitor at each location, of the first most in
// the order of their ids. It is asked at each scrape, so that they are the same after
// a restart, and of two collectors.
func (r *Registry) Monitors(st store.Reader, most int) *Monitors {
	m := &Monitors{store: st, most: most}
	r.reg.MustRegister(source(m.collect))
	return m
}

// Left reports whether there were more of them at the last scrape.
func (m *Monitors) Left() bool { return m.left.Load() }

func (m *Monitors) collect(emit emit) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	list, more, err := m.list(ctx)
	whole := err == nil && !more
	if err == nil {
		m.left.Store(more)
	}
	emit.gauge("monitor_series_complete", "1 when there are series of all monitors; 0: there are more than MONITORINK_METRICS_MONITORS, or the store did not answer.", b2f(whole))
	for i := range list {
		one(emit, &list[i])
	}
}

// list returns the first of the monitors that are not removed, and whether there are more.
func (m *Monitors) list(ctx context.Context) (list []store.MonitorStatus, more bool, err error) {
	q := store.MonitorQuery{Limit: store.MaxLimit}
	for {
		page, err := m.store.Monitors(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for i := range page.Items {
			if r := page.Items[i].Registration; r != nil && r.Removed {
				continue
			}
			if len(list) == m.most {
				return list, true, nil
			}
			list = append(list, page.Items[i])
		}
		if page.Next == "" {
			return list, false, nil
		}
		q.After = page.Next
	}
}

func one(emit emit, s *store.MonitorStatus) {
	of := []string{"monitor", s.Monitor, "location", s.Location}
	if r := s.Registration; r != nil {
		emit.gauge("monitor_paused", "1 while a monitor is paused.", b2f(r.Paused), of...)
	}
	last := s.Last
	if last == nil {
		return
	}
	emit.gauge("monitor_up", "1 when a monitor's last measurement found it up, 0 when down.", b2f(last.State == data.Up), of...)
	emit.gauge("monitor_last_duration_seconds", "Total time of a monitor's last measurement.", last.Phases.Total.D().Seconds(), of...)
	emit.gauge("monitor_last_timestamp_seconds", "The instant of a monitor's last measurement.", seconds(last.Scheduled), of...)
	if last.TLS != nil && !last.TLS.Expires.IsZero() {
		emit.gauge("monitor_certificate_expiry_timestamp_seconds", "When a monitor's certificate ends, as its last measurement has seen it.", seconds(last.TLS.Expires), of...)
	}
}
