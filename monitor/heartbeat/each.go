package heartbeat

import (
	"context"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// fillEach is fill for all addresses of a name. The measurement is that of the first
// that is down, or of the first, with the outcomes of all.
func (t *target) fillEach(ctx context.Context, p *probe.Prober, m *data.Measurement, now func() time.Time) (exhausted bool) {
	var found [probe.MaxAddresses]struct {
		data.Measurement
		remote    string
		exhausted bool
	}
	total, none := p.Each(ctx, t.probe, func(i int, remote string, r *probe.Response) {
		f := &found[i]
		f.Measurement, f.remote = *m, remote
		f.exhausted = t.enter(&f.Measurement, r, now)
	})
	if none != nil {
		return t.enter(m, none, now)
	}
	list, down, shown := found[:min(total, len(found))], 0, -1
	var all []data.Address
	for i := range list {
		f := &list[i]
		a := data.Address{Remote: f.remote, State: f.State, Phases: f.Phases, Error: f.Error}
		if f.HTTP != nil {
			a.Status = f.HTTP.Status
		}
		all = append(all, a)
		if f.Error == nil {
			continue
		}
		// What this machine lacks tells of no address: any other failure goes before.
		if down++; shown < 0 || list[shown].exhausted && !f.exhausted {
			shown = i
		}
	}
	f := &list[max(shown, 0)]
	*m = f.Measurement
	m.Addresses, m.Unprobed = all, total-len(all)
	if e := m.Error; e != nil && total > 1 {
		m.Error = &data.Error{Kind: e.Kind, Phase: e.Phase, Message: fmt.Sprintf("%s: %s", f.remote, e.Message)}
		if down > 1 {
			m.Error.Message += fmt.Sprintf("; %d of %d addresses are down", down, len(all))
		}
	}
	return f.exhausted
}
