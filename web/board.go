package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/monitorink/monitorink/store"
)

const (
	lookEvery  = time.Second      // how often the store is asked for changes
	lookTime   = 5 * time.Second  // what it has for that,
	loadTime   = time.Minute      // and for the list of all monitors
	staleAfter = 5 * time.Second  // without an answer what is shown is called stale
	idleAfter  = time.Minute      // nobody asks, and the store is left alone
	beatEvery  = 15 * time.Second // a listener hears something at least
	marksKept  = 600              // changes after which a listener may go on; more are asked of the store
)

// A board holds what is known of every monitor now. It reads them once, and then
// what has changed, for as long as somebody asks or listens; what it held stays for
// the next who does. It may be used by several goroutines.
type board struct {
	store  store.Reader
	log    *slog.Logger
	ending <-chan struct{} // closed by the server's owner: it listens to nobody any more; nil: never
	hub    hub

	mu      sync.Mutex
	cells   map[store.Key]*cell
	order   []*cell // by key
	marks   []mark  // oldest first; the last one is where the board is
	cursor  string  // where the store is asked on from
	version int64   // of the last change
	at      time.Time
	read    time.Time // when the store answered last
	err     error     // what it said to the last look; nil: it answered
	stale   bool
	view    *view         // of now; nil: to be made
	asked   time.Time     // when somebody asked last
	first   chan struct{} // closed once a look has ended since the board runs; nil: it does not run
	looked  chan struct{} // closed at the end of the next look that begins from now on
}

func newBoard(o Options) *board {
	return &board{
		store: o.Store, log: o.Logger, ending: o.Ending, hub: newHub(o),
		cells: map[store.Key]*cell{}, looked: make(chan struct{}), // closed by look
	}
}

// A cell is the place of a row.
type cell struct {
	row     *row
	version int64 // since which it is so
}

// A mark says what the board's version was at a cursor.
type mark struct {
	cursor  string
	version int64
}

// errEnding is what the board says to who asks while the server ends.
var errEnding = &refusal{http.StatusServiceUnavailable, "the server ends; ask again later"}

// errAbsent wraps what keeps the board from knowing anything.
var errAbsent = errors.New("the list of monitors was not read yet")

// now returns the view of now; an error when nothing was ever read.
func (b *board) now(ctx context.Context) (*view, error) {
	if err := b.wake(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.view == nil {
		rows := make([]*row, len(b.order))
		for i, c := range b.order {
			rows[i] = c.row
		}
		var since time.Time
		if b.stale {
			since = b.read
		}
		b.view = newView(rows, b.at, b.here(), since)
	}
	return b.view, nil
}

// here is the cursor of the last change.
func (b *board) here() string { return b.marks[len(b.marks)-1].cursor }

// wake has the board run, and returns once it knows what there is; an error when it
// never knew, and the store does not tell.
func (b *board) wake(ctx context.Context) error {
	b.mu.Lock()
	b.asked = time.Now()
	if b.first == nil {
		b.first = make(chan struct{}) // closed by run
		go b.run(b.first)             // ends by itself when nobody has asked for a while, and with the server
	}
	first := b.first
	b.mu.Unlock()
	select {
	case <-first:
	case <-b.ending:
		return errEnding
	case <-ctx.Done():
		return ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.marks == nil {
		return errors.Join(errAbsent, b.err)
	}
	return nil
}

// run looks again and again.
func (b *board) run(first chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	ended := make(chan struct{}) // closed at the end of each look
	beat := time.Now()
	for {
		go func() { // waited for below
			defer close(ended)
			b.look(ctx)
		}()
		select {
		case <-ended:
		case <-b.ending:
			cancel()
			<-ended
			return
		}
		ended = make(chan struct{})
		if first != nil {
			close(first)
			first = nil
		}
		if time.Since(beat) >= beatEvery {
			beat = time.Now()
			b.beat()
		}
		if b.rest() {
			return
		}
		select {
		case <-tick.C:
		case <-b.ending:
			return
		}
	}
}

// rest reports whether the board has nobody to run for, and then does not.
func (b *board) rest() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hub.listening() || time.Since(b.asked) < idleAfter {
		return false
	}
	b.first = nil
	return true
}

// look reads what has changed, or everything when it is not known what has.
func (b *board) look(ctx context.Context) {
	b.mu.Lock()
	cursor, looked := b.cursor, b.looked
	b.looked = make(chan struct{}) // closed by the next look
	b.mu.Unlock()
	defer close(looked)
	lost := cursor == ""
	var err error
	if !lost {
		var got store.Changes
		got, err = b.changes(ctx, cursor)
		if lost = got.Lost || errors.Is(err, store.ErrCursor); !lost && err == nil {
			b.apply(rowsOf(got.Items), got.Next)
		}
	}
	if lost {
		err = b.load(ctx)
	}
	if ctx.Err() == nil {
		b.answered(err)
	}
}

func (b *board) changes(ctx context.Context, after string) (store.Changes, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return b.store.Changes(ctx, after)
}

func rowsOf(items []store.MonitorStatus) []*row {
	rows := make([]*row, len(items))
	for i := range items {
		rows[i] = rowOf(&items[i])
	}
	return rows
}

// load reads everything: what changes meanwhile is after the cursor, which is
// therefore read first.
func (b *board) load(ctx context.Context) error {
	start, err := b.changes(ctx, "")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	all := map[store.Key]*row{}
	for q := (store.MonitorQuery{Limit: store.MaxLimit}); ; {
		page, err := b.store.Monitors(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range rowsOf(page.Items) {
			all[r.Key] = r
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	since, err := b.store.Changes(ctx, start.Next)
	if err == nil && since.Lost {
		err = errors.New("the store forgets what has changed sooner than its monitors can be listed")
	}
	if err != nil {
		return err
	}
	for _, r := range rowsOf(since.Items) {
		all[r.Key] = r
	}
	b.replace(all, since.Next)
	return nil
}

// replace makes all what the board holds.
func (b *board) replace(all map[store.Key]*row, cursor string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var changed []*row
	for k, r := range all {
		if c := b.cells[k]; c == nil || string(addRow(nil, r, nil)) != string(addRow(nil, c.row, nil)) {
			changed = append(changed, r)
		}
	}
	gone := false
	for k := range b.cells {
		if all[k] == nil {
			delete(b.cells, k)
			gone = true
		}
	}
	if gone { // of which changes do not tell
		b.order = slices.DeleteFunc(b.order, func(c *cell) bool { return b.cells[c.row.Key] != c })
		b.marks = nil
		b.hub.send(reset)
	}
	b.put(changed, cursor)
}

// apply puts rows in their places, and tells the listeners.
func (b *board) apply(rows []*row, cursor string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(rows, cursor)
}

// put is apply; the caller holds the lock.
func (b *board) put(rows []*row, cursor string) {
	b.cursor = cursor
	if len(rows) == 0 && b.marks != nil {
		return
	}
	b.version++
	b.at, b.view = time.Now(), nil
	b.marks = append(b.marks, mark{cursor, b.version})
	if len(b.marks) > marksKept {
		b.marks = slices.Delete(b.marks, 0, len(b.marks)-marksKept)
	}
	olds, before := make([]*row, len(rows)), len(b.order)
	for i, r := range rows {
		c := b.cells[r.Key]
		if c == nil {
			c = &cell{}
			b.cells[r.Key] = c
			b.order = append(b.order, c)
		}
		olds[i] = c.row
		c.row, c.version = r, b.version
	}
	if len(b.order) > before {
		slices.SortFunc(b.order, func(a, b *cell) int { return compareKeys(a.row.Key, b.row.Key) })
	}
	if len(rows) > 0 && b.hub.listening() { // none: some are gone, of which a reset has told
		b.hub.send(changeOf(cursor, rows, olds))
	}
}

func compareKeys(a, b store.Key) int {
	return cmp.Or(cmp.Compare(a.Monitor, b.Monitor), cmp.Compare(a.Location, b.Location))
}

// answered keeps whether the store did, and tells the listeners when that has changed.
func (b *board) answered(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil && b.err != nil:
		b.log.Info("the store tells of changes again")
	case err != nil && b.err == nil:
		b.log.Warn("the store does not tell what has changed; the live page stands still", "error", err)
	}
	b.err = err
	if err == nil {
		b.read = time.Now()
	}
	stale := err != nil && b.marks != nil && time.Since(b.read) >= staleAfter
	if stale == b.stale {
		return
	}
	b.stale, b.view = stale, nil
	b.hub.send(b.freshness())
}

// freshness tells whether what is shown is of now.
func (b *board) freshness() *message {
	if !b.stale {
		return &message{kind: "fresh"}
	}
	return &message{kind: "stale", data: append(addText([]byte(`{"since":`), stamp(b.read.Truncate(time.Millisecond))), '}')}
}

// beat lets every listener know that it is heard, and where it is.
func (b *board) beat() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.marks != nil {
		b.hub.send(&message{id: b.here()})
	}
}
