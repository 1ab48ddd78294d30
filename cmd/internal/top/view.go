package top

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/terminal"
)

// Orders are what a table can be sorted by.
var Orders = []string{"state", "monitor", "latency", "last"}

// A view is how a board is looked at.
type view struct {
	url     string
	order   string // one of Orders
	reverse bool
	filter  string
	editing bool // the filter
	top     int  // the first row that is shown
	problem string
}

// urgency is the order of states: what a person should look at comes first.
var urgency = map[string]int{"down": 0, "unknown": 1, "up": 2, "paused": 3}

// choose returns the rows that pass the filter, in order.
func (v *view) choose(b *board) []*row {
	words := strings.Fields(strings.ToLower(v.filter))
	var list []*row
	for _, r := range b.rows {
		if r.State != "removed" && r.has(words) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *row) int {
		c := v.compare(a, b)
		if v.reverse {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a.Monitor, b.Monitor), cmp.Compare(a.Location, b.Location))
	})
	return list
}

func (v *view) compare(a, b *row) int {
	switch v.order {
	case "state":
		return cmp.Compare(urgency[a.State], urgency[b.State])
	case "latency":
		return cmp.Compare(b.TotalUs, a.TotalUs)
	case "last":
		return cmp.Compare(a.LastMs, b.LastMs)
	}
	return cmp.Compare(a.Monitor, b.Monitor)
}

// has reports whether each word is somewhere in what is known of r.
func (r *row) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	texts := []string{r.Monitor, r.Location, r.State, r.URL}
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		texts = append(texts, name+"="+r.Labels[name])
	}
	if r.Error != nil {
		texts = append(texts, r.Error.Kind, r.Error.Message)
	}
	all := strings.ToLower(strings.Join(texts, "\n"))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) })
}

// The widths of the columns, but for those of names and notes, which share the rest.
const (
	stateWidth   = 7
	latencyWidth = 9
	lastWidth    = 6
	codeWidth    = 4
	between      = 2
)

// A layout is how wide the columns are.
type layout struct{ monitor, location, trend, note int }

func layoutOf(list []*row, width int) layout {
	monitor, location := len("MONITOR"), len("LOCATION")
	for _, r := range list {
		monitor = max(monitor, terminal.Width(terminal.Clean(r.Monitor)))
		location = max(location, terminal.Width(terminal.Clean(r.Location)))
	}
	l := layout{location: min(location, 16), trend: pastLength}
	rest := width - stateWidth - latencyWidth - lastWidth - codeWidth - 4*between
	if rest < 60 { // a narrow terminal has no room for what is nice to have
		l.trend = 0
	}
	if rest < 40 {
		l.location = 0
	}
	for _, w := range []int{l.location, l.trend} {
		if w > 0 {
			rest -= w + between
		}
	}
	l.monitor = max(min(monitor, max(rest*2/3, 12)), 1)
	if l.note = rest - l.monitor - between; l.note < 8 {
		l.monitor, l.note = max(rest, 1), 0
	}
	return l
}

func (l layout) join(cells ...string) string {
	var out []string
	for _, c := range cells {
		if c != "" {
			out = append(out, c)
		}
	}
	return strings.Join(out, strings.Repeat(" ", between))
}

func (l layout) head(style terminal.Style) string {
	return style.Dim(l.join(terminal.Fit("STATE", stateWidth), terminal.Fit("MONITOR", l.monitor), terminal.Fit("LOCATION", l.location),
		right("LATENCY", latencyWidth), terminal.Fit("TREND", l.trend), right("LAST", lastWidth), right("CODE", codeWidth), terminal.Fit("", l.note)))
}

func (l layout) line(r *row, now time.Time, style terminal.Style) string {
	latency, last, code := "-", "-", "-"
	if r.TotalUs > 0 {
		latency = took(r.TotalUs)
	}
	if r.LastMs > 0 {
		last = ago(now.Sub(time.UnixMilli(r.LastMs)))
	}
	if r.Status > 0 {
		code = fmt.Sprint(r.Status)
	}
	return l.join(style.State(r.State, terminal.Fit(r.State, stateWidth)), terminal.Fit(terminal.Clean(r.Monitor), l.monitor),
		terminal.Fit(terminal.Clean(r.Location), l.location), right(latency, latencyWidth), trend(r.past, l.trend),
		right(last, lastWidth), right(code, codeWidth), terminal.Fit(terminal.Clean(r.note(now)), l.note))
}

// note is what there is to say of a row.
func (r *row) note(now time.Time) string {
	switch {
	case r.State == "down" && r.Error != nil:
		return r.Error.Kind + ": " + r.Error.Message
	case r.Gap != nil && r.Gap.LastMs > r.LastMs && r.State != "paused":
		return "not measured: " + r.Gap.Reason
	case r.Expires > 0 && time.UnixMilli(r.Expires).Sub(now) < 14*24*time.Hour:
		left := time.UnixMilli(r.Expires).Sub(now)
		if left < 0 {
			return "the certificate has ended"
		}
		return "the certificate ends in " + ago(left)
	}
	return ""
}

func right(s string, width int) string {
	return strings.Repeat(" ", max(width-terminal.Width(s), 0)) + s
}

// trend draws times as bars, to the scale of the greatest; × is down.
func trend(past []int64, width int) string {
	if width <= 0 {
		return ""
	}
	const bars = "▁▂▃▄▅▆▇█"
	most := int64(1)
	for _, v := range past {
		most = max(most, v)
	}
	out := strings.Repeat(" ", max(width-len(past), 0))
	for _, v := range past {
		if v == 0 {
			out += "×"
			continue
		}
		out += string([]rune(bars)[min(int(v*8/(most+1)), 7)])
	}
	return out
}

func took(us int64) string {
	switch d := time.Duration(us) * time.Microsecond; {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", us)
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(us)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%d ms", us/1e3)
	default:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
}

func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	if days := int(d.Hours()) / 24; days < 1000 {
		return fmt.Sprintf("%d d", days)
	}
	return fmt.Sprintf("%d y", int(d.Hours())/24/365)
}

// counts says how many are in which state.
func counts(b *board, style terminal.Style) string {
	n := map[string]int{}
	for _, r := range b.rows {
		n[r.State]++
	}
	var parts []string
	for _, state := range []string{"down", "unknown", "up", "paused"} {
		if n[state] > 0 {
			parts = append(parts, style.State(state, fmt.Sprintf("%d %s", n[state], state)))
		}
	}
	if len(parts) == 0 {
		return "no monitors"
	}
	return strings.Join(parts, ", ")
}

// frame draws the board into width and height: never more, so that nothing scrolls.
func (v *view) frame(b *board, width, height int, now time.Time, style terminal.Style) []string {
	list := v.choose(b)
	room := max(height-4, 0) // without head and foot
	v.top = max(0, min(v.top, len(list)-room))
	l := layoutOf(list, width)
	lines := []string{v.title(b, width, style), v.status(b, now, width, style), l.headIn(width, style)}
	if l.tooWide(width) {
		room = 0
	}
	end := min(v.top+room, len(list))
	for _, r := range list[v.top:end] {
		lines = append(lines, l.line(r, now, style))
	}
	if len(list) == 0 && len(b.rows) > 0 && room > 0 {
		lines = append(lines, terminal.Fit("nothing is like "+terminal.Clean(v.filter)+"; esc shows all", width))
	}
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	foot := fmt.Sprintf("%d-%d of %d by %s", min(v.top+1, end), end, len(list), v.order)
	if v.reverse {
		foot += ", reversed"
	}
	foot += "   q quit  / filter  s sort  r reverse  ↑ ↓ scroll"
	lines = append(lines, style.Dim(terminal.Fit(foot, width)))
	return lines[max(0, len(lines)-max(height, 1)):]
}

// tooWide reports whether no table fits.
func (l layout) tooWide(width int) bool {
	return stateWidth+l.monitor+latencyWidth+lastWidth+codeWidth+4*between > width
}

func (l layout) headIn(width int, style terminal.Style) string {
	if l.tooWide(width) {
		return terminal.Fit("the terminal is too narrow", width)
	}
	return l.head(style)
}

// title says what is shown, and how it is, as far as there is room.
func (v *view) title(b *board, width int, style terminal.Style) string {
	plain := counts(b, terminal.Plain())
	name := "monitorink  " + terminal.Clean(v.url) + "  "
	if terminal.Width(name+plain) > width {
		name = ""
	}
	if terminal.Width(plain) > width {
		return terminal.Fit(plain, width)
	}
	return name + counts(b, style)
}

// status is the line of the filter, or of what is wrong.
func (v *view) status(b *board, now time.Time, width int, style terminal.Style) string {
	switch {
	case v.editing:
		return terminal.Fit("filter: "+terminal.Clean(v.filter)+"▏  enter keeps, esc clears", width)
	case v.problem != "":
		return style.Bad(terminal.Fit(terminal.Clean(v.problem), width))
	case !b.stale.IsZero():
		return style.Bad(terminal.Fit("the collector's store has not answered for "+ago(now.Sub(b.stale)), width))
	case v.filter != "":
		return terminal.Fit("filter: "+terminal.Clean(v.filter), width)
	}
	return ""
}
