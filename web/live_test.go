package web_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
)

// A live store tells of changes by a log of keys, and fails or forgets when it is
// told to.
type live struct {
	*memory.Store

	mu     sync.Mutex
	log    []store.Key
	from   int // what is before is forgotten
	err    error
	asked  int           // calls of Changes
	listed int           // calls of Monitors
	hold   chan struct{} // Changes waits for it to be closed; nil: it does not
}

func newLive() *live { return &live{Store: memory.New(memory.Options{})} }

func (l *live) save(t testing.TB, events ...data.Event) {
	t.Helper()
	if refused, err := l.Save(context.Background(), events); err != nil || len(refused) > 0 {
		t.Fatalf("save: refused %v, error %v", refused, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		switch e := e.(type) {
		case *data.Measurement:
			l.log = append(l.log, store.Key{Monitor: e.Monitor, Location: e.Location})
		case *data.Gap:
			l.log = append(l.log, store.Key{Monitor: e.Monitor, Location: e.Location})
		case *data.Registration:
			l.log = append(l.log, store.Key{Monitor: e.Monitor, Location: e.Location})
		}
	}
}

func (l *live) set(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

func (l *live) Changes(ctx context.Context, after string) (store.Changes, error) {
	l.mu.Lock()
	hold := l.hold
	l.asked++
	l.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return store.Changes{}, ctx.Err()
		}
	}
	l.mu.Lock()
	err, n, from := l.err, len(l.log), l.from
	l.mu.Unlock()
	out := store.Changes{Next: strconv.Itoa(n)}
	if err != nil || after == "" {
		return out, err
	}
	at, err := strconv.Atoi(after)
	if err != nil || at > n {
		return out, fmt.Errorf("%q: %w", after, store.ErrCursor)
	}
	if out.Lost = at < from; out.Lost {
		return out, nil
	}
	l.mu.Lock()
	keys := slices.Clone(l.log[at:])
	l.mu.Unlock()
	slices.SortFunc(keys, func(a, b store.Key) int {
		return cmp.Or(cmp.Compare(a.Monitor, b.Monitor), cmp.Compare(a.Location, b.Location))
	})
	out.Items, err = l.of(ctx, slices.Compact(keys))
	return out, err
}

func (l *live) of(ctx context.Context, keys []store.Key) (items []store.MonitorStatus, err error) {
	for _, k := range keys {
		all, err := l.Store.Monitor(ctx, k.Monitor)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if s.Location == k.Location {
				items = append(items, s)
			}
		}
	}
	return items, nil
}

func (l *live) Monitors(ctx context.Context, q store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	l.mu.Lock()
	err := l.err
	l.listed++
	l.mu.Unlock()
	if err != nil {
		return store.Page[store.MonitorStatus]{}, err
	}
	if q.Keys != nil {
		items, err := l.of(ctx, q.Keys)
		return store.Page[store.MonitorStatus]{Items: items}, err
	}
	return l.Store.Monitors(ctx, q)
}

// rows are those of an overview, as objects.
func rows(t testing.TB, overview []byte) (out []map[string]any) {
	t.Helper()
	var o struct {
		Rows    int
		Columns map[string]any
	}
	if err := json.Unmarshal(overview, &o); err != nil {
		t.Fatalf("%v in %.200s", err, overview)
	}
	for i := range o.Rows {
		r := map[string]any{}
		for name, c := range o.Columns {
			switch c := c.(type) {
			case []any:
				r[name] = c[i]
			case map[string]any:
				r[name] = c["values"].([]any)[int(c["index"].([]any)[i].(float64))]
			}
		}
		out = append(out, r)
	}
	return out
}
