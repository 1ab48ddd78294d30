package heartbeat

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/monitor/strain"
)

// Expand returns a monitor with every reference (${env:NAME}, ${file:PATH}) replaced
// by what it stands for, and the values that are secret. It leaves m as it is, and may
// return it when there is nothing to replace. The error repeats no secret.
type Expand func(m *data.Monitor) (expanded *data.Monitor, secrets []string, err error)

// reference is how every reference begins.
const reference = "${"

// A target is a definition made ready to be probed and judged.
type target struct {
	probe   *probe.Target
	match   *match.Matcher
	capture *data.Capture
	mask    *mask
	stands  string // the hash of what its references stand for; empty: there are none
	place   *strain.Place
	strain  *strain.Target
	broken  error // why it cannot be probed: its references, or what they stand for

	attempts int           // at most, of one slot
	delay    time.Duration // between them
}

// A live is what a monitor is probed with now. Each slot of a definition carries its
// own, so that one of the definition before finds what it needs.
type live struct{ atomic.Pointer[target] }

// A plan is what all monitors are probed with.
type plan map[string]*live

func (p plan) put(id string, t *target) {
	l := &live{}
	l.Store(t)
	p[id] = l
}

// scheduled is what the runner is given of a monitor.
func (p plan) scheduled(r *data.Registration) schedule.Definition {
	d := schedule.Definition{Registration: r, Value: p[r.Monitor]}
	if t := p[r.Monitor].Load(); t.probe != nil {
		d.Host = t.probe.Host()
	}
	return d
}

// A compiler makes monitors ready.
type compiler struct {
	expand Expand // nil: nothing is replaced
	masks  map[string]*mask
	places map[string]*strain.Place // by address
	// matchers are by expectations: fleets have them in common.
	matchers map[string]*match.Matcher
}

func newCompiler(expand Expand) *compiler {
	return &compiler{expand: expand, masks: map[string]*mask{}, places: map[string]*strain.Place{}, matchers: map[string]*match.Matcher{}}
}

// compile makes all monitors ready, or says which cannot be. One that cannot because
// of what its references stand for, or of the files that it names, is no error: its
// slots tell of it.
func compile(monitors []data.Monitor, expand Expand) (plan, error) {
	c := newCompiler(expand)
	p := make(plan, len(monitors))
	for i := range monitors {
		m := &monitors[i]
		if _, twice := p[m.ID]; twice {
			return nil, fmt.Errorf("monitor %q: there are two of this id", m.ID)
		}
		t, err := c.target(m)
		if err != nil {
			return nil, fmt.Errorf("monitor %q: %w", m.ID, err)
		}
		p.put(m.ID, t)
	}
	return p, nil
}

// address is what monitors of one place have in common.
func (t *target) address() string {
	if t.probe == nil {
		return ""
	}
	return t.probe.Place()
}

// place is what all targets of an address share.
func (c *compiler) place(address string) *strain.Place {
	if c.places[address] == nil {
		c.places[address] = new(strain.Place)
	}
	return c.places[address]
}

// target makes m ready.
func (c *compiler) target(m *data.Monitor) (*target, error) {
	t, err := c.bare(m)
	if err != nil {
		return nil, err
	}
	t.place = c.place(t.address())
	t.strain = strain.NewTarget(t.place)
	return t, nil
}

func (c *compiler) bare(m *data.Monitor) (*target, error) {
	t := &target{attempts: m.Attempts, delay: m.AttemptDelay.D()}
	full := m
	if c.expand != nil {
		var secrets []string
		var err error
		if full, secrets, err = c.expand(m); err != nil {
			t.broken = err
			return t, nil //nolint:nilerr // its slots tell of it
		}
		t.mask = c.mask(secrets)
	}
	depends := full != m || m.TLS.CA+m.TLS.Cert+m.TLS.Key != ""
	if depends {
		t.stands = standing(full)
	}
	var err error
	if t.probe, err = probe.Compile(full); err == nil {
		t.match, err = c.matcher(full)
	}
	if err != nil && depends {
		t.probe, t.broken = nil, errors.New(t.mask.text(asWritten(m, full, err).Error()))
		return t, nil
	}
	if err == nil && m.Capture != nil {
		t.capture = m.Capture
		t.probe.CaptureWhen(func(r *probe.Response) bool {
			_, wrong := t.match.Judge(subject(r), r.Started.Add(r.Phases.Total.D()))
			return wrong != nil
		})
	}
	return t, err
}

// asWritten is what err says of m, with its URL as it is written: a host is not masked,
// and what is none may be a secret.
func asWritten(m, full *data.Monitor, err error) error {
	var wrong *probe.URLError
	if !errors.As(err, &wrong) || m.URL == full.URL {
		return err
	}
	shown := m.URL
	if i := strings.LastIndexByte(shown, '@'); i >= 0 {
		shown = "…" + shown[i:]
	}
	const most = 300
	if len(shown) > most {
		shown = strings.ToValidUTF8(shown[:most], "") + "…"
	}
	return fmt.Errorf("url: %q, with what its references stand for, %s", shown, wrong.Reason)
}

// matcher returns what judges m.
func (c *compiler) matcher(m *data.Monitor) (*match.Matcher, error) {
	b, err := json.Marshal(&m.Expect)
	if err != nil { // it holds nothing that JSON cannot express
		panic(err)
	}
	j := c.matchers[string(b)]
	if j == nil {
		if j, err = match.Compile(m); err != nil {
			return nil, err
		}
		c.matchers[string(b)] = j
	}
	return j, nil
}

// standing is the hash of what the references of a monitor stand for.
func standing(full *data.Monitor) string {
	b, err := json.Marshal(full)
	if err != nil { // a Monitor holds nothing that JSON cannot express
		panic(err)
	}
	for _, file := range []string{full.TLS.CA, full.TLS.Cert, full.TLS.Key} { // or what it holds
		if info, err := os.Stat(file); err == nil {
			b = fmt.Appendf(b, "%d %v %v", info.Size(), info.ModTime(), info.Mode())
		}
	}
	sum := sha256.Sum256(b)
	return string(sum[:])
}

// fixed reports whether t depends on its definition alone.
func (t *target) fixed() bool { return t.stands == "" && t.broken == nil }

// mask returns the mask of secrets, which many monitors have in common.
func (c *compiler) mask(secrets []string) *mask {
	key := strings.Join(secrets, "\x00")
	k, ok := c.masks[key]
	if !ok {
		k = newMask(secrets)
		c.masks[key] = k
	}
	return k
}

// subject is what the matcher looks at of what the probe found.
func subject(r *probe.Response) match.Subject {
	s := match.Subject{Header: r.Header, Body: r.Body, Phases: r.Phases, TLS: r.TLS, Certificate: r.Certificate, URL: r.URL}
	if r.HTTP != nil {
		s.Status, s.Protocol, s.Redirects = r.HTTP.Status, r.HTTP.Protocol, r.HTTP.Redirects
	}
	return s
}

// fill probes and judges t, and enters in m all that was found, without the secrets of
// its references. It returns whether that is but what this machine has run out of.
func (t *target) fill(ctx context.Context, p *probe.Prober, m *data.Measurement, now func() time.Time) (exhausted bool) {
	if t.broken != nil {
		m.Started, m.State = now(), data.Down
		m.Error = &data.Error{Kind: data.ErrInternal, Message: bound("it cannot be probed: "+t.broken.Error(), 300)}
		return false
	}
	if t.probe.All() {
		return t.fillEach(ctx, p, m, now)
	}
	return t.enter(m, p.Probe(ctx, t.probe), now)
}

// enter judges r, enters it in m, and releases it.
func (t *target) enter(m *data.Measurement, r *probe.Response, now func() time.Time) (exhausted bool) {
	defer r.Release()
	m.Degraded = r.Waited // for its share of the body budget: our own doing
	m.Started = r.Started
	m.HTTP, m.TLS, m.Phases, m.Hops, m.Trace = r.HTTP, r.TLS, r.Phases, r.Hops, r.Trace()
	m.Expectations, m.Error = t.match.Judge(subject(r), now())
	if r.Err != nil {
		m.Error = r.Err
	}
	m.State = data.Up
	if m.Error != nil {
		m.State, m.Captured = data.Down, captured(t.capture, r)
	}
	t.mask.measurement(m)
	if token := r.Token(); token != "" {
		newMask([]string{token}).measurement(m)
	}
	return r.Exhausted
}
