package heartbeat

import (
	"context"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// Once probes m a single time, now, outside any schedule, and returns what a
// scheduled probe would have measured.
func Once(ctx context.Context, p *probe.Prober, m *data.Monitor, location, instance string) (*data.Measurement, error) {
	t, err := newTarget(m)
	if err != nil {
		return nil, err
	}
	out := &data.Measurement{
		Monitor: m.ID, Location: location, Instance: instance, Version: t.version,
		Scheduled: data.Millis(time.Now()), Attempt: 1,
	}
	t.fill(ctx, p, out, time.Now)
	out.Late = max(out.Started.Sub(out.Scheduled), 0)
	return out, nil
}

// fill probes and judges t, and enters in m all that was found. It returns whether
// that is but what this machine has run out of.
func (t *target) fill(ctx context.Context, p *probe.Prober, m *data.Measurement, now func() time.Time) (exhausted bool) {
	r := p.Probe(ctx, t.probe)
	defer r.Release()
	m.Degraded = r.Waited // for its share of the body budget: our own doing
	m.Started, m.Method, m.URL = r.Started, t.method, t.url
	m.HTTP, m.TLS, m.Phases, m.Hops = r.HTTP, r.TLS, r.Phases, r.Hops
	m.Expectations, m.Error = t.match.Judge(subject(r), now())
	if r.Err != nil {
		m.Error = r.Err
	}
	m.State = data.Up
	if m.Error != nil {
		m.State = data.Down
	}
	return r.Exhausted
}
