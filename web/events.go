package web

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"time"
)

// listenTime is how long one message may take to be sent.
const listenTime = 10 * time.Second

// listen adds one who has heard everything up to after, which may be empty: it has
// heard nothing, and wants only what comes. What it has missed is told first, or,
// where that is not known, that it is to read the overview.
func (b *board) listen(ctx context.Context, after string, only map[string]bool) (*listener, error) {
	if err := b.wake(ctx); err != nil {
		return nil, err
	}
	missed, err := b.missed(ctx, after)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.hub.add(only)
	if !ok {
		return nil, &refusal{http.StatusServiceUnavailable, "as many listen as may: ask again later"}
	}
	// Where it is comes with what it has missed, or after it: a stream that is cut between
	// the two goes on from before.
	here := &message{id: b.here()}
	if rows, known := missed(); !known {
		l.tell(reset)
	} else if len(rows) > 0 {
		here = changeOf(b.here(), rows, make([]*row, len(rows)))
	}
	l.tell(here) // even one who hears nothing more knows where it is
	if b.stale {
		l.tell(b.freshness())
	}
	return l, nil
}

// missed finds out what has changed after a cursor: which rows, is said under the
// lock. It is the board's own memory, and for the cursors of others and older ones
// the store's.
func (b *board) missed(ctx context.Context, after string) (func() ([]*row, bool), error) {
	since := func(version int64) func() ([]*row, bool) {
		return func() (rows []*row, known bool) {
			for _, c := range b.order {
				if c.version > version {
					rows = append(rows, c.row)
				}
			}
			return rows, true
		}
	}
	b.mu.Lock()
	version := b.version
	i := slices.IndexFunc(b.marks, func(m mark) bool { return m.cursor == after })
	if i >= 0 {
		version = b.marks[i].version
	}
	b.mu.Unlock()
	if after == "" || i >= 0 {
		return since(version), nil
	}
	lost := func() ([]*row, bool) { return nil, false }
	got, err := b.changes(ctx, after)
	if err != nil || got.Lost {
		return lost, ctx.Err()
	}
	// The board may be behind a cursor of another one: after the next look it is not.
	b.mu.Lock()
	looked := b.looked
	b.mu.Unlock()
	select {
	case <-looked:
	case <-b.ending:
		return nil, errEnding
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return func() (rows []*row, known bool) {
		rows, _ = since(version)()
		for i := range got.Items {
			if c := b.cells[rowOf(&got.Items[i]).Key]; c != nil && c.version <= version {
				rows = append(rows, c.row)
			}
		}
		return rows, true
	}, nil
}

// drop ends one who does not read.
func (b *board) drop(l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hub.drop(l)
}

// leave ends the listener.
func (b *board) leave(l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hub.remove(l)
}

// live serves the stream of what changes.
func (a *api) live(w http.ResponseWriter, r *http.Request, q query) error {
	after := q.After
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		after = id
	}
	var only map[string]bool
	for _, id := range q.values["monitor"] {
		if only == nil {
			only = map[string]bool{}
		}
		only[id] = true
	}
	l, err := a.board.listen(r.Context(), after, only)
	if err != nil {
		return err
	}
	defer a.board.leave(l)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", asNow)
	head.Set("X-Accel-Buffering", "no") // nginx would keep it until it is much
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	out := http.NewResponseController(w)
	for {
		select {
		case m, ok := <-l.queue:
			if !ok {
				return nil
			}
			// What cannot have a deadline, such as a recorder in a test, needs none.
			_ = out.SetWriteDeadline(time.Now().Add(listenTime))
			_, err := w.Write(m.of(l.only))
			if err == nil {
				err = out.Flush()
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				a.board.drop(l)
			}
			if err != nil {
				return nil // the client has gone, or does not read
			}
		case <-a.board.ending:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}
