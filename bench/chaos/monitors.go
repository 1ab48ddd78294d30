package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/bench/chaos/account"
)

// A book is the monitors' file, and everything that was ever written in it.
type book struct {
	file  string
	addrs []string // of the target
	every time.Duration

	now   map[string]account.Definition
	edits map[string][]account.Edit
	next  int // number of the next new monitor, and of the next path
	count int // of changes after the first
}

// keeper is a monitor that is always there, for a file must have one: it has a slot
// a day, and is not judged.
const keeper = "keeper"

func newBook(file string, t *target, monitors int, every time.Duration, seed uint64) *book {
	b := &book{file: file, addrs: t.addrs, every: every, now: map[string]account.Definition{}, edits: map[string][]account.Edit{}}
	rng := rand.New(rand.NewPCG(seed, 1))
	for range monitors {
		b.add(rng)
	}
	return b
}

func (b *book) path(id string) string {
	b.next++
	return fmt.Sprintf("http://%s/%s/%d", b.addrs[b.next%len(b.addrs)], id, b.next)
}

func (b *book) interval(rng *rand.Rand) time.Duration {
	return []time.Duration{b.every, b.every, b.every, b.every * 2, b.every + b.every/2}[rng.IntN(5)]
}

func (b *book) add(rng *rand.Rand) {
	id := fmt.Sprintf("m%d", b.next)
	if gone := b.gone(); len(gone) > 0 && rng.IntN(2) == 0 {
		id = gone[rng.IntN(len(gone))] // it comes back
	}
	every := b.every
	if len(b.edits) > 0 {
		every = b.interval(rng)
	}
	b.now[id] = account.Definition{URL: b.path(id), Every: every, Timeout: b.every * 3 / 5}
}

func (b *book) gone() []string {
	var list []string
	for id := range b.edits {
		if _, ok := b.now[id]; !ok {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// change makes a few edits of every kind, and says how many.
func (b *book) change(seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 2))
	n := 1 + rng.IntN(1+len(b.now)/25)
	b.count += n
	var what [5]int
	for range n {
		ids := slices.Sorted(maps.Keys(b.now))
		id := ids[rng.IntN(len(ids))]
		d := b.now[id]
		kind := rng.IntN(len(what))
		if kind == 1 && len(ids) < 10 {
			kind = 0
		}
		what[kind]++
		switch kind {
		case 0:
			b.add(rng)
			continue
		case 1:
			delete(b.now, id)
			continue
		case 2:
			d.URL = b.path(id)
		case 3:
			d.Every = b.interval(rng)
		case 4:
			// A tenth stays paused at most.
			d.Paused = !d.Paused && b.paused() < len(b.now)/10
		}
		b.now[id] = d
	}
	return fmt.Sprintf("%d added, %d removed, %d URLs, %d intervals, %d paused or not", what[0], what[1], what[2], what[3], what[4])
}

func (b *book) paused() int {
	n := 0
	for _, d := range b.now {
		if d.Paused {
			n++
		}
	}
	return n
}

// write puts it into the file, for a run of heartbeat that is about to start, or, with
// a time, for one that reads it again.
func (b *book) write(run int, at time.Time) error {
	var text strings.Builder
	fmt.Fprintf(&text, "monitors:\n  - { id: %s, url: 'http://%s/%[1]s', every: 24h }\n", keeper, b.addrs[0])
	for _, id := range slices.Sorted(maps.Keys(b.now)) {
		d := b.now[id]
		fmt.Fprintf(&text, "  - { id: %s, url: '%s', every: %v, timeout: %v, paused: %v }\n", id, d.URL, d.Every, d.Timeout, d.Paused)
		if last := b.last(id); last == nil || *last != d {
			b.edits[id] = append(b.edits[id], account.Edit{Run: run, At: at, Definition: &d})
		}
	}
	for _, id := range b.gone() {
		if b.last(id) != nil {
			b.edits[id] = append(b.edits[id], account.Edit{Run: run, At: at})
		}
	}
	return os.WriteFile(b.file, []byte(text.String()), 0o600)
}

func (b *book) last(id string) *account.Definition {
	if list := b.edits[id]; len(list) > 0 {
		return list[len(list)-1].Definition
	}
	return nil
}

// clear removes all monitors but the keeper.
func (b *book) clear() { clear(b.now) }
