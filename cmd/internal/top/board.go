// Package top is the live table of monitors in a terminal. It reads what a collector
// serves: the overview, and then what changes.
package top

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A row is a monitor at a location, as the overview and its events have it.
type row struct {
	Monitor  string            `json:"monitor"`
	Location string            `json:"location"`
	State    string            `json:"state"`
	LastMs   int64             `json:"last_ms"`
	TotalUs  int64             `json:"total_us"`
	Status   int               `json:"status"`
	Error    *failure          `json:"error"`
	URL      string            `json:"url"`
	Labels   map[string]string `json:"labels"`
	Gap      *gap              `json:"gap"`
	Expires  int64             `json:"expires_ms"`

	past []int64 // total times of late, the newest last; 0: down
}

type failure struct{ Kind, Phase, Message string }

type gap struct {
	Reason string `json:"reason"`
	LastMs int64  `json:"last_ms"`
}

// pastLength is how many measurements a trend has.
const pastLength = 12

type key struct{ monitor, location string }

// A board holds every monitor, as far as is known.
type board struct {
	rows   map[key]*row
	cursor string
	stale  time.Time // since when the collector's store does not answer; zero: it does
}

// readOverview takes the columns of an overview apart.
func readOverview(b []byte) (*board, error) {
	var o struct {
		Cursor  string
		Stale   time.Time `json:"stale_since"`
		Rows    int
		Columns map[string]json.RawMessage
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fmt.Errorf("the overview: %w", err)
	}
	list := make([]map[string]json.RawMessage, o.Rows)
	for i := range list {
		list[i] = map[string]json.RawMessage{}
	}
	for name, raw := range o.Columns {
		values, err := column(raw, o.Rows)
		if err != nil {
			return nil, fmt.Errorf("the overview's column %s: %w", name, err)
		}
		for i, v := range values {
			list[i][name] = v
		}
	}
	out := &board{rows: map[key]*row{}, cursor: o.Cursor, stale: o.Stale}
	return out, out.merge(list)
}

// column returns a value for each row, of either form that a column may have.
func column(raw json.RawMessage, rows int) ([]json.RawMessage, error) {
	var values []json.RawMessage
	if bytes.HasPrefix(raw, []byte("[")) {
		if err := json.Unmarshal(raw, &values); err != nil {
			return nil, err
		}
	} else {
		var short struct {
			Values []json.RawMessage
			Index  []int
		}
		if err := json.Unmarshal(raw, &short); err != nil {
			return nil, err
		}
		for _, i := range short.Index {
			if i < 0 || i >= len(short.Values) {
				return nil, fmt.Errorf("there is no value %d", i)
			}
			values = append(values, short.Values[i])
		}
	}
	if len(values) != rows {
		return nil, fmt.Errorf("%d values for %d rows", len(values), rows)
	}
	return values, nil
}

// change takes the data of a change event.
func (b *board) change(data []byte) error {
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("a change: %w", err)
	}
	return b.merge(list)
}

// merge brings the fields that there are into their rows.
func (b *board) merge(list []map[string]json.RawMessage) error {
	for _, fields := range list {
		var k struct{ Monitor, Location string }
		if err := fill(fields, &k); err != nil {
			return err
		}
		r := b.rows[key{k.Monitor, k.Location}]
		if r == nil {
			r = &row{}
			b.rows[key{k.Monitor, k.Location}] = r
		}
		before := r.LastMs
		for name, v := range fields { // null is none, and not what was there
			if bytes.Equal(v, []byte("null")) {
				clearField(r, name)
			}
		}
		if err := fill(fields, r); err != nil {
			return err
		}
		if r.LastMs > before {
			r.remember()
		}
	}
	return nil
}

func fill(fields map[string]json.RawMessage, into any) error {
	b, err := json.Marshal(fields)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return fmt.Errorf("a row: %w", err)
	}
	return nil
}

func clearField(r *row, name string) {
	switch name {
	case "last_ms":
		r.LastMs = 0
	case "total_us":
		r.TotalUs = 0
	case "status":
		r.Status = 0
	case "url":
		r.URL = ""
	case "expires_ms":
		r.Expires = 0
	}
}

func (r *row) remember() {
	v := max(r.TotalUs, 1)
	if r.State == "down" {
		v = 0
	}
	if r.past = append(r.past, v); len(r.past) > pastLength {
		r.past = slices.Delete(r.past, 0, 1)
	}
}

// keep takes over the trends of an older board.
func (b *board) keep(old *board) {
	for k, r := range b.rows {
		if was := old.rows[k]; was != nil {
			if r.LastMs > was.LastMs && len(r.past) > 0 {
				was.past = append(was.past, r.past...)
				was.past = was.past[max(0, len(was.past)-pastLength):]
			}
			r.past = was.past
		}
	}
}
