package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
)

func printEvent(out io.Writer, e data.Event) error {
	b, err := data.Encode(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", b)
	return err
}

// printMeasurement draws the phases to scale, one under the other.
func printMeasurement(w io.Writer, m *data.Measurement) {
	fmt.Fprintf(w, "%s %s\n", m.Method, m.URL)
	if h := m.HTTP; h != nil {
		line := fmt.Sprintf("%s %d from %s", h.Protocol, h.Status, h.Remote)
		if h.Redirects > 0 {
			line += " after " + plural(h.Redirects, "redirect")
		}
		if h.BodyBytes >= 0 {
			line += fmt.Sprintf(", %d bytes of body", h.BodyBytes)
		}
		fmt.Fprintln(w, line)
	}
	if t := m.TLS; t != nil {
		line := t.Version
		if !t.Expires.IsZero() {
			line += fmt.Sprintf(", certificate valid until %s (%d days)", t.Expires.Format("2006-01-02"), int(t.Expires.Sub(m.Started).Hours()/24))
		}
		fmt.Fprintln(w, line)
	}
	if m.Trace != "" {
		fmt.Fprintf(w, "trace %s\n", m.Trace)
	}
	if m.Phases.Total.Measured() {
		fmt.Fprintln(w)
		printPhases(w, m.Phases)
	}
	if len(m.Hops) > 0 {
		fmt.Fprintln(w)
	}
	for i, h := range m.Hops {
		fmt.Fprintf(w, "  hop %d  %3d  %10s  %s\n", i+1, h.Status, round(h.Phases.Total.D()), h.URL)
	}
	printAddresses(w, m)
	printExpectations(w, m.Expectations)
	fmt.Fprintln(w)
	printCaptured(w, m.Captured)
	if m.Error != nil {
		where := ""
		if m.Error.Phase != "" {
			where = " in " + m.Error.Phase
		}
		fmt.Fprintf(w, "down: %s%s: %s\n", m.Error.Kind, where, oneLine(m.Error.Message, 300))
		return
	}
	fmt.Fprintln(w, "up")
}

// printExpectations lists what was judged.
func printExpectations(w io.Writer, all []data.Expectation) {
	if len(all) > 0 {
		fmt.Fprintln(w)
	}
	width := 0
	for _, e := range all {
		width = max(width, len(e.Name))
	}
	for _, e := range all {
		mark := "ok  "
		if !e.OK {
			mark = "FAIL"
		}
		switch {
		case e.Seen != "":
			fmt.Fprintf(w, "  %s  %-*s  saw %s\n", mark, width, e.Name, oneLine(e.Seen, 80))
		case e.OK: // there is nothing to see in what is not there
			fmt.Fprintf(w, "  %s  %s\n", mark, e.Name)
		default:
			fmt.Fprintf(w, "  %s  %-*s  saw nothing\n", mark, width, e.Name)
		}
	}
}

// printAddresses lists what was found at each address.
func printAddresses(w io.Writer, m *data.Measurement) {
	if len(m.Addresses) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, a := range m.Addresses {
		fmt.Fprintf(w, "  %-4s  %3d  %10s  %s", a.State, a.Status, round(a.Phases.Total.D()), a.Remote)
		if a.Error != nil {
			fmt.Fprintf(w, "  %s: %s", a.Error.Kind, oneLine(a.Error.Message, 80))
		}
		fmt.Fprintln(w)
	}
	if m.Unprobed > 0 {
		fmt.Fprintf(w, "  and %d more, not probed\n", m.Unprobed)
	}
}

func printPhases(w io.Writer, p data.Phases) {
	const width = 40
	total := max(p.Total.D(), 1)
	at := time.Duration(0)
	for _, part := range []struct {
		name string
		span data.Span
	}{
		{"dns", p.DNS}, {"connect", p.Connect}, {"tls", p.TLS}, {"request", p.Request},
		{"first byte", p.FirstByte}, {"transfer", p.Transfer},
	} {
		if !part.span.Measured() {
			continue
		}
		d := part.span.D()
		from := min(int(at*width/total), width-1)
		to := min(max(int((at+d)*width/total), from+1), width)
		fmt.Fprintf(w, "  %-10s %10s  %s%s\n", part.name, round(d), strings.Repeat(" ", from), strings.Repeat("█", to-from))
		at += d
	}
	fmt.Fprintf(w, "  %-10s %10s\n", "total", round(p.Total.D()))
}

// printCaptured shows a piece of the answer, as a terminal may see it.
func printCaptured(w io.Writer, c *data.Captured) {
	if c == nil {
		return
	}
	fmt.Fprintln(w, "the answer began")
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		fmt.Fprintf(w, "  %s: %s\n", oneLine(name, 80), oneLine(c.Headers[name], 120))
	}
	const most = 20 // lines
	lines := strings.Split(strings.TrimSpace(c.Body), "\n")
	for _, line := range lines[:min(len(lines), most)] {
		fmt.Fprintf(w, "  %s\n", oneLine(line, 120))
	}
	if len(lines) > most {
		fmt.Fprintf(w, "  … and %s\n", plural(len(lines)-most, "line"))
	}
	fmt.Fprintln(w)
}
