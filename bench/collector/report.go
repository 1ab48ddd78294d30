package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// What the collector aims at, of what the baseline does in the same run.
const (
	aimRows      = 1.3 // at least
	aimProcessor = 1.1 // a row, at most
	aimPeak      = 120 // MiB, at most
	aimReplay    = 0.5 // of the first time, at least
)

// mean is a side's figures over all of its turns; rates are means of times.
type mean struct{ rows, replayed, processor, server, peak float64 }

func (s *side) mean(n float64) mean {
	var m mean
	for _, t := range s.turns {
		m.rows += 1 / t.rows
		m.replayed += 1 / t.replayed
		m.processor += t.usage.Processor.Seconds() * 1e6 / n
		m.server += t.server.Seconds() * 1e6 / n
		m.peak = max(m.peak, float64(t.usage.Peak)/(1<<20))
	}
	turns := float64(len(s.turns))
	return mean{turns / m.rows, turns / m.replayed, m.processor / turns, m.server / turns, m.peak}
}

func report(out io.Writer, baseline, ours *side, n int) error {
	b, o := baseline.mean(float64(n)), ours.mean(float64(n))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\trows/s\tCPU µs a row\tPostgres µs a row\tpeak MiB\treplayed/s\treplay ÷ first\t")
	row := func(name string, m mean) {
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%.1f\t%.0f\t%.0f\t%.2f\t\n",
			name, m.rows, m.processor, m.server, m.peak, m.replayed, m.replayed/m.rows)
	}
	row("baseline", b)
	row("collector", o)
	fmt.Fprintf(w, "ratio\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\t\n",
		o.rows/b.rows, o.processor/b.processor, o.server/b.server, o.peak/b.peak, o.replayed/b.replayed)
	fmt.Fprintf(w, "aim\t≥ %.1f\t≤ %.1f\t\t≤ %d\t\t≥ %.1f\t\n", aimRows, aimProcessor, aimPeak, aimReplay)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "No replay changed a row.")
	return nil
}
