package heartbeat

import (
	"context"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/strain"
)

// A target is a definition made ready to be probed and judged.
type target struct {
	version string
	probe   *probe.Target
	match   *match.Matcher
	method  string
	url     string
	strain  *strain.Target
}

// compile makes all monitors ready, or says which cannot be.
func compile(monitors []data.Monitor) (map[string]*target, error) {
	plan := make(map[string]*target, len(monitors))
	places := map[string]*strain.Place{}
	for i := range monitors {
		m := &monitors[i]
		if _, twice := plan[m.ID]; twice {
			return nil, fmt.Errorf("monitor %q: there are two of this id", m.ID)
		}
		t, err := newTarget(m)
		if err != nil {
			return nil, fmt.Errorf("monitor %q: %w", m.ID, err)
		}
		where := t.probe.Place()
		if places[where] == nil {
			places[where] = new(strain.Place)
		}
		t.strain = strain.NewTarget(places[where])
		plan[m.ID] = t
	}
	return plan, nil
}

func newTarget(m *data.Monitor) (*target, error) {
	p, err := probe.Compile(m)
	if err != nil {
		return nil, err
	}
	j, err := match.Compile(m)
	if err != nil {
		return nil, err
	}
	return &target{version: m.Version(), probe: p, match: j, method: m.Method, url: m.URL}, nil
}

// subject is what the matcher looks at of what the probe found.
func subject(r *probe.Response) match.Subject {
	s := match.Subject{Header: r.Header, Body: r.Body, Total: r.Phases.Total.D()}
	if r.HTTP != nil {
		s.Status = r.HTTP.Status
	}
	if r.TLS != nil {
		s.CertificateExpires = r.TLS.Expires
	}
	return s
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
