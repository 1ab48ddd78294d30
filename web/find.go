package web

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// A finding is which monitors are asked for, and in what order.
type finding struct {
	text   string // in small letters
	labels []label
	states []string
	sort   string // empty: id
}

// states are a monitor's, the one that needs a look first first.
var states = []string{string(data.Down), "unknown", string(data.Up), "paused", "removed"}

// sorts are what monitors can be sorted by; with - before it, the other way round.
var sorts = map[string]func(a, b *row) int{
	"id": func(*row, *row) int { return 0 },
	"state": func(a, b *row) int {
		return cmp.Compare(slices.Index(states, a.state), slices.Index(states, b.state))
	},
	"latency":  func(a, b *row) int { return cmp.Compare(a.total, b.total) },
	"last":     func(a, b *row) int { return cmp.Compare(a.last, b.last) },
	"location": func(a, b *row) int { return strings.Compare(a.Location, b.Location) },
}

var sortNames = []string{"id", "-id", "state", "-state", "latency", "-latency", "last", "-last", "location", "-location"}

// The parameters of the list of monitors.
var (
	paramText = parameter{
		name: "q", does: "A part of id, URL, a label's value or the error, in small or capital letters.", schema: object{"type": "string"},
		read: func(q *query, v string) string { q.find.text = strings.ToLower(v); return "" },
	}
	paramLabel = parameter{
		name: "label", does: "A label and its value, such as team:web; of several, all.", often: true,
		schema: object{"type": "string", "pattern": ":"},
		read: func(q *query, v string) string {
			name, value, ok := strings.Cut(v, ":")
			if q.find.labels = append(q.find.labels, label{name, value}); !ok || name == "" {
				return "a label and its value, such as team:web"
			}
			return ""
		},
	}
	paramState = parameter{
		name: "state", does: "A state; of several, any.", often: true, schema: object{"type": "string", "enum": states},
		read: func(q *query, v string) string {
			if q.find.states = append(q.find.states, v); !slices.Contains(states, v) {
				return "one of " + strings.Join(states, ", ")
			}
			return ""
		},
	}
	paramSort = parameter{
		name: "sort", does: "What to sort by, with - the other way round; what has none of it is last either way.",
		schema: object{"type": "string", "enum": sortNames, "default": "id"},
		read: func(q *query, v string) string {
			if q.find.sort = v; !slices.Contains(sortNames, v) {
				return "one of " + strings.Join(sortNames, ", ")
			}
			return ""
		},
	}
)

// has reports whether r is one of those at location (empty: all) that are asked for.
func (f *finding) has(r *row, location string) bool {
	if location != "" && r.Location != location || len(f.states) > 0 && !slices.Contains(f.states, r.state) {
		return false
	}
	for _, l := range f.labels {
		if !slices.Contains(r.labels, l) {
			return false
		}
	}
	if f.text == "" {
		return true
	}
	in := func(s string) bool { return strings.Contains(strings.ToLower(s), f.text) }
	return in(r.Monitor) || in(r.url) || in(r.kind) || in(r.message) ||
		slices.ContainsFunc(r.labels, func(l label) bool { return in(l.value) })
}

// compare orders rows, each of which has a place of its own.
func (f *finding) compare(a, b *row) int {
	name, down := strings.CutPrefix(cmp.Or(f.sort, "id"), "-")
	c := sorts[name](a, b)
	switch {
	case c == 0 && name == "id" && down:
		return compareKeys(b.Key, a.Key)
	case c == 0:
		return compareKeys(a.Key, b.Key)
	case name == "latency" && (a.total == none || b.total == none), name == "last" && (a.last == none || b.last == none):
		return -c // none is the least of all numbers
	case down:
		return -c
	}
	return c
}

// A spot is where a page of found monitors ended: all that any order needs of a row.
type spot struct {
	Sort     string `json:"s"`
	State    string `json:"t"`
	Total    int64  `json:"n"`
	Last     int64  `json:"a"`
	Monitor  string `json:"m"`
	Location string `json:"l"`
}

func (f *finding) cursor(r *row) string {
	b, err := json.Marshal(spot{f.sort, r.state, r.total, r.last, r.Monitor, r.Location})
	if err != nil { // it holds numbers and texts
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// place is where the page after a cursor begins.
func (f *finding) place(cursor string) (*row, error) {
	var s spot
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	r := &row{Key: store.Key{Monitor: s.Monitor, Location: s.Location}, state: s.State, total: s.Total, last: s.Last}
	if err != nil || s.Sort != f.sort || s.Monitor == "" || f.cursor(r) != cursor {
		return nil, fmt.Errorf("%q: %w", cursor, store.ErrCursor)
	}
	return r, nil
}

// page is the part of rows that q asks for, and the cursor of the next one. A row
// that has moved meanwhile is where it is now: none that has not is left out or
// comes twice.
func (f *finding) page(rows []*row, q *query) (found []*row, next string, err error) {
	var after *row
	if q.After != "" {
		if after, err = f.place(q.After); err != nil {
			return nil, "", err
		}
	}
	for _, r := range rows {
		if f.has(r, q.Location) && (after == nil || f.compare(r, after) > 0) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, f.compare)
	if limit := store.Bound(q.Limit); len(found) > limit {
		found = found[:limit]
		next = f.cursor(found[limit-1])
	}
	return found, next, nil
}

// found lists the monitors that q chooses or sorts, which the board knows, as the
// store has them.
func (a *api) found(w http.ResponseWriter, r *http.Request, q query) error {
	v, err := a.board.now(r.Context())
	if err != nil {
		return err
	}
	rows, next, err := q.find.page(v.rows, &q)
	if err != nil {
		return err
	}
	out := listing[status]{Items: []status{}, Next: next}
	if len(rows) == 0 {
		return answer(w, r, asNow, out)
	}
	keys := make([]store.Key, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	got, err := a.store.Monitors(r.Context(), store.MonitorQuery{Keys: keys, Limit: len(keys)})
	if err != nil {
		return err
	}
	byKey := make(map[store.Key]*store.MonitorStatus, len(keys))
	for i := range got.Items {
		s := &got.Items[i]
		byKey[store.Key{Monitor: s.Monitor, Location: s.Location}] = s
	}
	for _, k := range keys {
		s := byKey[k]
		if s == nil || !q.find.has(rowOf(s), q.Location) { // it has changed since the board has looked
			continue
		}
		st, err := statusOf(*s)
		if err != nil {
			return err
		}
		out.Items = append(out.Items, st)
	}
	return answer(w, r, asNow, out)
}
