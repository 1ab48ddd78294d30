package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A table is what was measured, beside what it aims at.
type table []string

// note adds what has no aim.
func (t *table) note(what, got string) {
	*t = append(*t, fmt.Sprintf("%s\t%s\t\t\t\n", what, got))
	say("%s: %s", what, got)
}

// most adds what should be aim at most, least what should be that at least.
func (t *table) most(what string, got, aim float64, unit, more string) {
	t.add(what, got, "≤", aim, unit, more, got > aim)
}

func (t *table) least(what string, got, aim float64, unit, more string) {
	t.add(what, got, "≥", aim, unit, more, got < aim)
}

func (t *table) add(what string, got float64, sign string, aim float64, unit, more string, missed bool) {
	mark := ""
	if missed {
		mark = "MISSED"
	}
	if more != "" {
		more = " (" + more + ")"
	}
	*t = append(*t, fmt.Sprintf("%s\t%.4g %s%s\t%s %.4g %s\t%s\t\n", what, got, unit, more, sign, aim, unit, mark))
	say("%s: %.4g %s%s %s", what, got, unit, more, mark)
}

func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tmeasured\taim\t\t")
	for _, line := range *t {
		fmt.Fprint(w, line)
	}
	w.Flush()
}

// at is the value that the share q of all do not exceed.
func at[T any](sorted []T, q float64) T {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

func mib(n int64) float64 { return float64(n) / (1 << 20) }

func sorted(d []time.Duration) []time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d
}
