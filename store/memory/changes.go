package memory

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/monitorink/monitorink/store"
)

// A record lists all series by when they last changed, each once: it is as long as
// there are series, and never forgets.
type record struct {
	of             string // the process and store that it is of
	count          uint64 // changes so far
	oldest, newest *series
}

func newRecord() record { return record{of: rand.Text()} }

// touch moves t to the end.
func (r *record) touch(t *series) {
	r.count++
	t.changed = r.count
	if r.newest == t {
		return
	}
	if t.newer != nil { // it is in the list, and not the last
		t.newer.older = t.older
		if t.older != nil {
			t.older.newer = t.newer
		} else {
			r.oldest = t.newer
		}
	}
	t.older, t.newer = r.newest, nil
	if r.newest != nil {
		r.newest.newer = t
	} else {
		r.oldest = t
	}
	r.newest = t
}

// Changes returns what changed after a cursor, what changed last comes last.
func (s *Store) Changes(ctx context.Context, after string) (store.Changes, error) {
	if err := ctx.Err(); err != nil {
		return store.Changes{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := store.Changes{Next: encodePlace(place{List: listChanges, Monitor: s.record.of, Count: s.record.count})}
	if after == "" {
		return c, nil
	}
	p, err := decodePlace(after, listChanges)
	switch {
	case err != nil:
		return store.Changes{}, err
	case p.Monitor != s.record.of: // of a process that has ended
		c.Lost = true
		return c, nil
	case p.Count > s.record.count:
		return store.Changes{}, fmt.Errorf("%q: %w", after, store.ErrCursor)
	}
	for t := s.record.newest; t != nil && t.changed > p.Count; t = t.older {
		c.Items = append(c.Items, s.status(t))
	}
	slices.Reverse(c.Items)
	return c, nil
}
