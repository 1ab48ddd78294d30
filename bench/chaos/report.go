package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/monitorink/monitorink/bench/chaos/account"
)

// pass reports whether all is well.
func (w *world) pass(v *account.Verdict) bool { return v.Pass() && len(w.errs) == 0 }

// report prints the table.
func (w *world) report(out io.Writer, v *account.Verdict) {
	fmt.Fprintf(out, "\nqueue %s, seed %d, %v, %d monitors\n", w.queue, w.o.seed, w.o.length, w.o.monitors)
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	count := map[string]int{}
	for _, e := range w.done {
		count[e.kind+" "+e.on]++
	}
	for _, what := range slices.Sorted(maps.Keys(count)) {
		fmt.Fprintf(t, "  %s\t%d\n", what, count[what])
	}
	fmt.Fprintf(t, "kill -9 in all\t%d\n", killed(w.done))
	fmt.Fprintf(t, "edits of monitors\t%d\t(%d monitors were ever there)\n", w.book.count, v.Monitors)
	fmt.Fprintf(t, "slots\t%d\n", v.Slots)
	fmt.Fprintf(t, "up\t%d\n", v.Up)
	fmt.Fprintf(t, "down\t%d\n", v.Down)
	for _, reason := range []string{"stopped", "overload", "overlap", "paused", "clock"} {
		fmt.Fprintf(t, "in gaps: %s\t%d\n", reason, v.Gaps[reason])
	}
	fmt.Fprintf(t, "spool full\t%d\ttimes\n", len(w.c.life.Full))
	fmt.Fprintf(t, "missing\t%d\n", v.Missing)
	fmt.Fprintf(t, "double\t%d\t(and %d that gaps count beside it after a full spool)\n", v.Double, v.Overlaid)
	fmt.Fprintf(t, "foreign\t%d\n", v.Foreign)
	fmt.Fprintf(t, "edits that are wrong\t%d\n", v.WrongEdits)
	fmt.Fprintf(t, "unexplained\t%d\t(and %d for lack of processor)\n", v.Unexplained, v.Starved)
	fmt.Fprintf(t, "answered but lost\t%d\tof %d answers\n", v.Lost, v.Answers)
	fmt.Fprintf(t, "measured while alive\t%.2f %%\tof %d slots\n", 100*v.Share(), v.Alive)
	t.Flush()
	for _, kind := range slices.Sorted(maps.Keys(v.Examples)) {
		fmt.Fprintf(out, "%s:\n", kind)
		for _, text := range v.Examples[kind] {
			fmt.Fprintf(out, "  %s\n", text)
		}
	}
	for i, text := range w.errs {
		if i == 10 {
			fmt.Fprintf(out, "and %d more\n", len(w.errs)-i)
			break
		}
		fmt.Fprintf(out, "wrong: %s\n", text)
	}
	if v.Busy() {
		fmt.Fprintln(out, "this machine is too busy: more than a tenth of the slots were not measured for lack of processor")
	}
	if v.Idle() {
		fmt.Fprintln(out, "heartbeat was through its start, not stopped and with room in its queue for less than a tenth of the slots, which proves little")
	}
	verdict := "PASS"
	if !w.pass(v) {
		verdict = "FAIL"
	}
	fmt.Fprintln(out, verdict)
}
