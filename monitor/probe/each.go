package probe

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// MaxAddresses is how many addresses of a name are probed at most.
const MaxAddresses = 16

// All reports whether each address of t's name is to be probed: see [Prober.Each].
func (t *Target) All() bool { return t.all }

// Each probes t at each address of its name, at MaxAddresses of them, all at once, each
// within the whole timeout, of which looking up the name is part. It calls see with the
// place of the address among them, the address with the port, and what was found there,
// which is see's to release; the calls come from several goroutines, and have all
// returned when Each does. It returns how many addresses there are, or the response
// that says why there are none.
func (p *Prober) Each(ctx context.Context, t *Target, see func(i int, remote string, r *Response)) (int, *Response) {
	now := time.Now()
	r := run{p: p, t: t, ctx: ctx, Response: &Response{Started: p.o.Now()}, begun: now, deadline: now.Add(t.timeout)}
	if !r.begin() {
		return 0, r.Response
	}
	all, err := r.addresses()
	if err != nil {
		r.fail(err)
		r.hop.Total = micros(r.mark)
		r.Phases = r.hop
		return 0, r.Response
	}
	_, port, _ := net.SplitHostPort(t.first.addr)
	var group sync.WaitGroup
	var panics sync.Map
	for i, a := range all[:min(len(all), MaxAddresses)] {
		group.Go(func() { // waited for below
			defer func() {
				if v := recover(); v != nil {
					panics.Store(i, v)
				}
			}()
			one := run{p: p, t: t, ctx: ctx, begun: r.begun, deadline: r.deadline, pin: &a, found: r.mark}
			one.Response = &Response{Started: r.Started, late: r.late.share()}
			one.follow()
			see(i, net.JoinHostPort(a.String(), port), one.Response)
		})
	}
	group.Wait()
	panics.Range(func(_, v any) bool { panic(v) })
	return len(all), nil
}

// addresses are those of t's name.
func (r *run) addresses() ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(r.t.first.hostname); err == nil {
		return []netip.Addr{a}, nil
	}
	all, err := r.lookUp(r.t.first.hostname)
	if err == nil {
		r.step(phaseConnect)
	}
	return all, err
}
