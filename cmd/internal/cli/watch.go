package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/terminal"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// leastWatch is the shortest time from one probe of probe --watch to the next: that of
// a monitor.
const leastWatch = 100 * time.Millisecond

// A watch is what probe --watch has seen.
type watch struct {
	w      io.Writer
	style  terminal.Style
	began  time.Time
	up     int64
	down   map[data.ErrorKind]int64
	total  store.Histogram // of those that are up
	least  time.Duration
	most   time.Duration
	before *data.Measurement
}

// watchMonitor probes m until ctx ends, and says in the end what it came to. With asJSON
// it prints each measurement as the event that it would be, and nothing else.
func watchMonitor(ctx context.Context, out io.Writer, m *data.Monitor, every time.Duration, asJSON bool, probe func() (*data.Measurement, error)) error {
	o := &watch{w: out, style: terminal.StyleOf(out, os.Getenv), began: time.Now(), down: map[data.ErrorKind]int64{}}
	show := func(m *data.Measurement) error { o.add(m); return nil }
	if asJSON {
		o.w = io.Discard
		show = func(m *data.Measurement) error { o.add(m); return printEvent(out, m) }
	}
	o.head(m, every)
	if err := repeat(ctx, every, probe, show); err != nil {
		return err
	}
	o.summary(time.Now())
	if n := o.failed(); n > 0 {
		return fmt.Errorf("%s was down in %d of %s", m.ID, n, plural(int(o.up+n), "probe"))
	}
	return nil
}

// repeat probes every so often until ctx ends, and hands each measurement to show. A
// probe that takes longer than that leaves out the instants that it missed.
func repeat(ctx context.Context, every time.Duration, probe func() (*data.Measurement, error), show func(*data.Measurement) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		m, err := probe()
		if ctx.Err() != nil { // what was under way says nothing of the target
			return nil
		}
		if err != nil {
			return err
		}
		if err := show(m); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// head says what is probed, and what the columns are.
func (o *watch) head(m *data.Monitor, every time.Duration) {
	fmt.Fprintf(o.w, "%s %s every %v; Ctrl-C ends\n\n", m.Method, terminal.Clean(m.URL), every)
	line := fmt.Sprintf("%-12s  %-5s %4s", "time", "state", "code")
	for _, name := range slices.Concat([]string{"total"}, data.PhaseNames[:]) {
		line += fmt.Sprintf(" %10s", name)
	}
	fmt.Fprintln(o.w, o.style.Dim(line))
}

// add prints a line: the phases, and what is not as it was at the probe before.
func (o *watch) add(m *data.Measurement) {
	if m.State == data.Up {
		d := m.Phases.Total.D()
		if o.up == 0 || d < o.least {
			o.least = d
		}
		o.most = max(o.most, d)
		o.up++
		o.total.Add(d)
	} else {
		o.down[m.Error.Kind]++
	}
	code := "-"
	if m.HTTP != nil && m.HTTP.Status > 0 {
		code = fmt.Sprint(m.HTTP.Status)
	}
	line := fmt.Sprintf("%s  %s %4s", m.Started.Local().Format("15:04:05.000"), o.style.State(string(m.State), fmt.Sprintf("%-5s", m.State)), code)
	phases := m.Phases.List()
	for _, s := range slices.Concat([]data.Span{m.Phases.Total}, phases[:]) {
		text := "-"
		if s.Measured() {
			text = round(s.D()).String()
		}
		line += strings.Repeat(" ", max(11-terminal.Width(text), 1)) + text
	}
	for _, note := range o.notes(m) {
		line += "  " + note
	}
	fmt.Fprintln(o.w, line)
	o.before = m
}

// notes are why m is down, and what has changed.
func (o *watch) notes(m *data.Measurement) (notes []string) {
	if m.Error != nil && (o.before == nil || o.before.Error == nil || *o.before.Error != *m.Error) {
		notes = append(notes, o.style.Bad(string(m.Error.Kind)+": "+oneLine(m.Error.Message, 120)))
	}
	was := o.before
	if was == nil {
		return notes
	}
	changed := func(name, before, now string) {
		if before != now && before != "" && now != "" {
			notes = append(notes, o.style.Strong(fmt.Sprintf("%s %s → %s", name, oneLine(before, 60), oneLine(now, 60))))
		}
	}
	if was.HTTP != nil && m.HTTP != nil {
		changed("code", fmt.Sprint(was.HTTP.Status), fmt.Sprint(m.HTTP.Status))
		changed("address", was.HTTP.Remote, m.HTTP.Remote)
		changed("protocol", was.HTTP.Protocol, m.HTTP.Protocol)
		changed("redirects", fmt.Sprint(was.HTTP.Redirects), fmt.Sprint(m.HTTP.Redirects))
		if was.HTTP.BodyBytes >= 0 && m.HTTP.BodyBytes >= 0 {
			changed("bytes", fmt.Sprint(was.HTTP.BodyBytes), fmt.Sprint(m.HTTP.BodyBytes))
		}
	}
	if was.TLS != nil && m.TLS != nil {
		changed("certificate until", was.TLS.Expires.Format(time.DateOnly), m.TLS.Expires.Format(time.DateOnly))
	}
	for _, e := range m.Expectations {
		for _, b := range was.Expectations {
			if b.Name == e.Name && b.OK != e.OK {
				changed(e.Name, verdict(b.OK), verdict(e.OK))
			}
		}
	}
	return notes
}

// failed is how many probes found the target down.
func (o *watch) failed() (n int64) {
	for _, some := range o.down {
		n += some
	}
	return n
}

// summary is what it came to.
func (o *watch) summary(now time.Time) {
	all := o.up + o.failed()
	if all == 0 {
		fmt.Fprintln(o.w, "\nno probe was through")
		return
	}
	fmt.Fprintf(o.w, "\n%s in %v: %d up, %d down, %s up\n", plural(int(all), "probe"), now.Sub(o.began).Round(time.Second), o.up, o.failed(), percent(o.up, all))
	if o.up > 0 {
		fmt.Fprintf(o.w, "total of those that were up: min %v, p50 %v, p95 %v, p99 %v, max %v\n",
			round(o.least), round(o.clamp(0.5)), round(o.clamp(0.95)), round(o.clamp(0.99)), round(o.most))
	}
	kinds := slices.SortedFunc(maps.Keys(o.down), func(a, b data.ErrorKind) int {
		return cmp.Or(cmp.Compare(o.down[b], o.down[a]), cmp.Compare(a, b))
	})
	var texts []string
	for _, k := range kinds {
		texts = append(texts, fmt.Sprintf("%s %d", k, o.down[k]))
	}
	if len(texts) > 0 {
		fmt.Fprintln(o.w, "down:", strings.Join(texts, ", "))
	}
}

// clamp keeps a quantile, which is 2 percent off at most, within what was seen.
func (o *watch) clamp(q float64) time.Duration {
	return min(max(o.total.Quantile(q), o.least), o.most)
}
