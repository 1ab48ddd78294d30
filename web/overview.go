package web

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A view is the board at one moment: what all who ask until it changes are told.
type view struct {
	rows   []*row // by key
	at     time.Time
	cursor string
	stale  time.Time // since when the store has not answered; zero: it does

	encoded func() *packed // made when it is first asked for
}

// newView returns the view of rows, which nobody changes.
func newView(rows []*row, at time.Time, cursor string, stale time.Time) *view {
	v := &view{rows: rows, at: at, cursor: cursor, stale: stale}
	v.encoded = sync.OnceValue(func() *packed {
		p := pack(v.encode())
		return &p
	})
	return v
}

// encode writes the view by column.
func (v *view) encode() []byte {
	b := append(make([]byte, 0, 512+150*len(v.rows)), `{"at":`...)
	b = addText(b, stamp(v.at.Truncate(time.Millisecond)))
	b = addText(append(b, `,"cursor":`...), v.cursor)
	if !v.stale.IsZero() {
		b = addText(append(b, `,"stale_since":`...), stamp(v.stale.Truncate(time.Millisecond)))
	}
	b = strconv.AppendInt(append(b, `,"rows":`...), int64(len(v.rows)), 10)
	b = append(b, `,"columns":`...)
	for i, c := range fields {
		b = append(b, "{,"[min(i, 1)])
		b = append(append(append(b, '"'), c.name...), `":`...)
		b = c.addAll(b, v.rows)
	}
	return append(b, "}}\n"...)
}

// tried is how many rows show whether a field's values repeat.
const tried = 512

// addAll adds the field of every row: one after the other or, where that is shorter,
// each distinct one once, and an index.
func (f field) addAll(b []byte, rows []*row) []byte {
	begin := len(b)
	b = append(b, '[')
	var values, index []byte
	known := map[string]int{} // nil: they do not repeat
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		at := len(b)
		b = f.add(b, r)
		if i == tried && len(known) > tried/2 {
			known = nil
		}
		if known == nil {
			continue
		}
		n, ok := known[string(b[at:])]
		if !ok {
			n = len(known)
			known[string(b[at:])] = n
			values = append(append(values, ','), b[at:]...)
		}
		index = strconv.AppendInt(append(index, ','), int64(n), 10)
	}
	b = append(b, ']')
	const form = `{"values":[],"index":[]}`
	if known == nil || len(rows) == 0 || len(values)+len(index)+len(form) > len(b)-begin {
		return b
	}
	b = append(append(b[:begin], `{"values":[`...), values[1:]...)
	b = append(append(b, `],"index":[`...), index[1:]...)
	return append(b, "]}"...)
}

func (a *api) overview(w http.ResponseWriter, r *http.Request, _ query) error {
	v, err := a.board.now(r.Context())
	if err != nil {
		return err
	}
	v.encoded().send(w, r, asAsked, "application/json")
	return nil
}
