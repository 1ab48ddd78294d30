package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// shown is how many gaps are listed without --json.
const shown = 20

// slots is how many the next start would call stopped.
func (r *ledgerReport) slots() (n int64) {
	for _, g := range r.stopped {
		n += g.Slots
	}
	return n
}

// live is how many monitors are persisted.
func (r *ledgerReport) live() (n int) {
	for i := range r.set {
		if r.set[i].Holds() {
			n++
		}
	}
	return n
}

func (r *ledgerReport) checkpoint() string {
	switch at := r.view.Checkpoint; {
	case !r.view.Found:
		return "none"
	case r.ahead() > 0:
		return fmt.Sprintf("%s, %v ahead of the clock: nothing is probed until then; if the clock is right, heartbeat ledger reset mends it", stamp(at), r.ahead().Round(time.Millisecond))
	default:
		return fmt.Sprintf("%s, %v ago", stamp(at), r.now.Sub(at).Round(time.Second))
	}
}

func (r *ledgerReport) damage() string {
	list := slices.Clone(r.notes)
	if n := r.view.TornBytes; n > 0 {
		list = append(list, fmt.Sprintf("%s torn at the end, which the next start cuts off", plural(int(n), "byte")))
	}
	if n := r.view.Corrupt; n > 0 {
		list = append(list, plural(int(n), "damaged place")+", stepped over")
	}
	if r.view.Damaged {
		since := "the beginning"
		if at, ok := r.view.Intact(); ok {
			since = stamp(at)
		}
		list = append(list, "results since "+since+" may be lost, and are looked for from there")
	}
	if r.view.CursorLost {
		list = append(list, "the note of what is settled, so that all is handed out again")
	}
	return cmp.Or(strings.Join(list, "; "), "none")
}

// print tells a person what there is.
func (r *ledgerReport) print(w io.Writer) {
	v := r.view
	line := func(what, format string, args ...any) {
		fmt.Fprintf(w, "%-16s %s\n", what, fmt.Sprintf(format, args...))
	}
	line("data directory", "%s", r.dir)
	line("location", "%s", cmp.Or(r.location, "none yet"))
	line("checkpoint", "%s", r.checkpoint())
	line("monitors", "%d persisted", r.live())
	if n := r.early(); n > 0 {
		line("", "%d of the definitions begin later than now: the clock was ahead", n)
	}
	line("spool", "%s in %s, %s; %d unsettled", plural(int(v.Records), "record"), plural(v.Segments, "segment"), plural(int(v.Bytes), "byte"), v.Unsettled)
	if !v.Oldest.IsZero() {
		line("", "messages written from %s to %s", stamp(v.Oldest), stamp(v.Newest))
	}
	line("damage", "%s", r.damage())
	if len(v.Foreign) > 0 {
		line("foreign files", "%s, left alone", strings.Join(v.Foreign, ", "))
	}
	if r.aside > 0 {
		line("next start", "sets aside what is damaged of the definitions; what was missed of those monitors only it can tell")
	}
	if len(r.stopped) == 0 {
		if r.aside == 0 {
			line("next start", "would write no gap")
		}
		return
	}
	line("next start", "would write %s (stopped) for %s", plural(len(r.stopped), "gap"), plural(int(r.slots()), "slot"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nMONITOR\tSLOTS\tFIRST\tLAST")
	for _, g := range r.stopped[:min(len(r.stopped), shown)] {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", oneLine(g.Monitor, 40), g.Slots, stamp(g.First), stamp(g.Last))
	}
	_ = t.Flush() // what cannot be written nobody reads
	if n := len(r.stopped) - shown; n > 0 {
		fmt.Fprintf(w, "and %d more; --json shows all\n", n)
	}
}

func (r *ledgerReport) printReset(w io.Writer, changed int) {
	was := "there was none"
	if r.view.Found {
		was = "it was " + stamp(r.view.Checkpoint)
	}
	fmt.Fprintf(w, "the newest checkpoint is now %s; %s\n", stamp(r.now), was)
	if changed > 0 {
		fmt.Fprintf(w, "%s that were to begin later begin now\n", plural(changed, "definition"))
	}
	if r.ahead() > 0 {
		fmt.Fprintln(w, "slots between the two may be measured again; of two measurements of one slot the one that began earlier stays")
	} else if n := r.slots(); n > 0 {
		fmt.Fprintf(w, "%s that were missed since then are in gaps (stopped), as the next start would have written them\n", plural(int(n), "slot"))
	}
	if n := r.view.Unsettled; n > 0 {
		fmt.Fprintf(w, "%s in the spool wait as before\n", plural(int(n), "message"))
	}
}

// ledgerJSON is the form of --json.
type ledgerJSON struct {
	DataDir    string           `json:"data_dir"`
	Location   string           `json:"location"`
	Now        string           `json:"now"`
	Checkpoint string           `json:"checkpoint,omitempty"`
	AheadMS    int64            `json:"ahead_ms"` // of the clock; negative: behind it
	Monitors   []definitionJSON `json:"monitors"`
	SetAside   int              `json:"definitions_set_aside"` // damaged: what was missed of them is not in Stopped
	Spool      struct {
		Records    int64    `json:"records"`
		Segments   int      `json:"segments"`
		Bytes      int64    `json:"bytes"`
		Unsettled  int64    `json:"unsettled"`
		Oldest     string   `json:"oldest,omitempty"`
		Newest     string   `json:"newest,omitempty"`
		TornBytes  int64    `json:"torn_bytes"`
		Corrupt    int64    `json:"corrupt"`
		CursorLost bool     `json:"cursor_lost"`
		Foreign    []string `json:"foreign"`
	} `json:"spool"`
	Stopped struct {
		Slots int64         `json:"slots"`
		Gaps  []stoppedJSON `json:"gaps"`
	} `json:"stopped"`
}

type definitionJSON struct {
	ID      string `json:"id"`
	Version string `json:"version,omitempty"`
	From    string `json:"from"`
	Until   string `json:"until,omitempty"`
	Removed bool   `json:"removed,omitempty"`
}

type stoppedJSON struct {
	Monitor string `json:"monitor"`
	Version string `json:"version"`
	First   string `json:"first"`
	Last    string `json:"last"`
	Slots   int64  `json:"slots"`
}

func (r *ledgerReport) printJSON(w io.Writer) error {
	v := r.view
	j := ledgerJSON{DataDir: r.dir, Location: r.location, Now: stamp(r.now), Monitors: []definitionJSON{}, SetAside: r.aside}
	if v.Found {
		j.Checkpoint, j.AheadMS = stamp(v.Checkpoint), v.Checkpoint.Sub(r.now).Milliseconds()
	}
	for _, d := range r.set {
		e := definitionJSON{ID: d.ID, From: stamp(d.From), Removed: d.Removed()}
		if !d.Removed() {
			e.Version = d.Version()
		}
		if !d.Until.IsZero() {
			e.Until = stamp(d.Until)
		}
		j.Monitors = append(j.Monitors, e)
	}
	s := &j.Spool
	s.Records, s.Segments, s.Bytes, s.Unsettled = v.Records, v.Segments, v.Bytes, v.Unsettled
	s.TornBytes, s.Corrupt, s.CursorLost, s.Foreign = v.TornBytes, v.Corrupt, v.CursorLost, append([]string{}, v.Foreign...)
	if !v.Oldest.IsZero() {
		s.Oldest, s.Newest = stamp(v.Oldest), stamp(v.Newest)
	}
	j.Stopped.Slots, j.Stopped.Gaps = r.slots(), []stoppedJSON{}
	for _, g := range r.stopped {
		j.Stopped.Gaps = append(j.Stopped.Gaps, stoppedJSON{g.Monitor, g.Version, stamp(g.First), stamp(g.Last), g.Slots})
	}
	return printJSON(w, j)
}
