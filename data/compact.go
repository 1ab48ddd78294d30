package data

import (
	"encoding/json"
	"unique"
)

// A Compact is a monitor that takes little memory: its JSON form, in which all that
// follows the id and the URL is shared by the monitors that have it in common, as those
// of a fleet do. Equal ones are the same monitor.
type Compact struct {
	ID, URL string
	rest    unique.Handle[string]
}

// Compact returns m in little memory.
func (m *Monitor) Compact() Compact {
	b := m.encoded()
	return Compact{m.ID, m.URL, unique.Make(string(b[len(opening(m.ID, m.URL)):]))}
}

// opening is how the JSON form of a monitor begins.
func opening(id, url string) []byte {
	b, err := json.Marshal(struct {
		ID  string `json:"id"`
		URL string `json:"url"`
	}{id, url})
	if err != nil { // JSON expresses every string
		panic(err)
	}
	return b[:len(b)-1]
}

// IsZero reports whether c is made of no monitor.
func (c *Compact) IsZero() bool { return c.rest == unique.Handle[string]{} }

// JSON is the JSON form of the monitor.
func (c *Compact) JSON() []byte { return append(opening(c.ID, c.URL), c.rest.Value()...) }

// Version is that of the monitor.
func (c *Compact) Version() string { return version(c.JSON()) }

// Monitor returns the monitor, and nil when there is none.
func (c *Compact) Monitor() *Monitor {
	if c.IsZero() {
		return nil
	}
	return new(Expander).Monitor(c)
}

// An Expander makes monitors of many Compacts: what these share is decoded once.
type Expander struct {
	rests map[unique.Handle[string]]*Monitor
}

// Monitor returns the monitor of c, which must have one. Others may share what it points to.
func (e *Expander) Monitor(c *Compact) *Monitor {
	rest := e.rests[c.rest]
	if rest == nil {
		rest = new(Monitor)
		if err := json.Unmarshal(c.JSON(), rest); err != nil { // it was made of a Monitor
			panic(err)
		}
		if e.rests == nil {
			e.rests = map[unique.Handle[string]]*Monitor{}
		}
		e.rests[c.rest] = rest
	}
	m := *rest
	m.ID, m.URL = c.ID, c.URL
	return &m
}
