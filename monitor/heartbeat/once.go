package heartbeat

import (
	"context"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// Once probes m a single time, now, outside any schedule, and returns what a
// scheduled probe would have measured. A nil expand replaces no references.
func Once(ctx context.Context, p *probe.Prober, expand Expand, m *data.Monitor, location, instance string) (*data.Measurement, error) {
	t, err := ready(m, expand)
	if err != nil {
		return nil, err
	}
	out := &data.Measurement{
		Monitor: m.ID, Location: location, Instance: instance, Version: m.Version(),
		Scheduled: data.Millis(time.Now()), Attempt: 1, Method: m.Method, URL: m.URL,
	}
	t.fill(ctx, p, out, time.Now)
	out.Late = max(out.Started.Sub(out.Scheduled), 0)
	return out, nil
}

// Check says why m cannot be probed, with what its references stand for, or returns
// nil. The error repeats no secret.
func Check(m *data.Monitor, expand Expand) error {
	_, err := ready(m, expand)
	return err
}

// Warnings says what is unsafe or of no use any more in how m is to be probed, each
// beginning with its field. Of one that cannot be probed it says nothing.
func Warnings(m *data.Monitor, expand Expand, now time.Time) []string {
	t, err := ready(m, expand)
	if err != nil {
		return nil
	}
	return t.probe.Warnings(now)
}

func ready(m *data.Monitor, expand Expand) (*target, error) {
	t, err := newCompiler(expand).target(m)
	if err == nil {
		err = t.broken
	}
	return t, err
}
