package web

import (
	"log/slog"
	"strconv"
	"time"
)

const (
	listenersMost = 2000        // at once
	queueSize     = 16          // messages that a listener may be behind
	toldEvery     = time.Minute // how often the log tells of those that were dropped
)

// A message is what listeners are told, once for all of them.
type message struct {
	kind string // change, reset, stale or fresh; empty: a comment
	id   string // the cursor at which it is so; empty: none
	data []byte // nil: {}, or rows
	rows []told // of a change

	form []byte // as it is sent to who hears of all monitors
}

// A told is a changed row.
type told struct {
	monitor string
	json    []byte
}

var reset = &message{kind: "reset", form: []byte("event: reset\ndata: {}\n\n")}

// changeOf tells what has become of olds.
func changeOf(cursor string, rows, olds []*row) *message {
	m := &message{kind: "change", id: cursor, rows: make([]told, len(rows))}
	var all []byte
	ends := make([]int, len(rows))
	for i, r := range rows {
		all = addRow(all, r, olds[i])
		ends[i] = len(all)
	}
	begin := 0
	for i, r := range rows {
		m.rows[i] = told{r.Monitor, all[begin:ends[i]]}
		begin = ends[i]
	}
	return m
}

// of is the message as it is sent to who hears of only; nil: of all monitors. One
// without rows for it still says how far it has heard.
func (m *message) of(only map[string]bool) []byte {
	if only == nil || m.rows == nil {
		return m.form
	}
	mine := *m
	mine.rows = []told{}
	for _, t := range m.rows {
		if only[t.monitor] {
			mine.rows = append(mine.rows, t)
		}
	}
	if len(mine.rows) == 0 {
		mine = message{id: m.id}
	}
	return mine.encode()
}

// encode is the form of server-sent events. JSON has no line ends, and the cursors
// of a store have none either.
func (m *message) encode() []byte {
	var b []byte
	if m.kind == "" {
		b = append(b, ":\n"...)
	} else {
		b = append(append(append(b, "event: "...), m.kind...), '\n')
	}
	if m.id != "" {
		b = append(append(append(b, "id: "...), m.id...), '\n')
	}
	switch {
	case m.kind == "":
	case m.rows != nil:
		b = append(b, "data: "...)
		for i, t := range m.rows {
			b = append(append(b, "[,"[min(i, 1)]), t.json...)
		}
		b = append(b, "]\n"...)
	case m.data == nil:
		b = append(b, "data: {}\n"...)
	default:
		b = append(append(append(b, "data: "...), m.data...), '\n')
	}
	return append(b, '\n')
}

// A hub is who listens. Its owner calls it under a lock.
type hub struct {
	log       *slog.Logger
	listeners map[*listener]bool
	count     func(now int) // told how many listen; nil: nobody is
	dropped   func()        // told of each that was; nil: nobody is
	lost      int           // dropped since the log was told
	told      time.Time
}

// A listener hears what is sent, in order, from queue, which the hub closes when it
// is dropped.
type listener struct {
	only  map[string]bool // the monitors that it hears of; nil: all
	queue chan *message   // closed by drop
}

func newHub(o Options) hub {
	h := hub{log: o.Logger, listeners: map[*listener]bool{}, count: o.Listeners, dropped: o.Dropped}
	if h.count == nil {
		h.count = func(int) {}
	}
	if h.dropped == nil {
		h.dropped = func() {}
	}
	return h
}

func (h *hub) listening() bool { return len(h.listeners) > 0 }

// add adds a listener, or says that there is no room.
func (h *hub) add(only map[string]bool) (*listener, bool) {
	if len(h.listeners) >= listenersMost {
		return nil, false
	}
	l := &listener{only: only, queue: make(chan *message, queueSize)}
	h.listeners[l] = true
	h.count(len(h.listeners))
	return l, true
}

// remove ends the listener, unless it was.
func (h *hub) remove(l *listener) {
	if h.listeners[l] {
		delete(h.listeners, l)
		h.count(len(h.listeners))
	}
}

// send tells m to everyone. Who is too far behind is dropped: it can come back, and
// nobody waits for it.
func (h *hub) send(m *message) {
	if m.form == nil {
		m.form = m.encode()
	}
	for l := range h.listeners {
		if !l.tell(m) {
			h.drop(l)
			close(l.queue)
		}
	}
	if h.lost > 0 && time.Since(h.told) >= toldEvery {
		h.log.Warn("listeners of /api/v1/events that did not read were dropped", "listeners", strconv.Itoa(h.lost))
		h.lost, h.told = 0, time.Now()
	}
}

// drop ends a listener that does not read, unless it has ended.
func (h *hub) drop(l *listener) {
	if h.listeners[l] {
		h.remove(l)
		h.dropped()
		h.lost++
	}
}

// tell reports whether there was room for m.
func (l *listener) tell(m *message) bool {
	if m.form == nil {
		m.form = m.encode()
	}
	select {
	case l.queue <- m:
		return true
	default:
		return false
	}
}
