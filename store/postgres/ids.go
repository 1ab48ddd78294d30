package postgres

import (
	"cmp"
	"slices"
	"sync"
)

// maxIDs bounds an ids; one more, and it starts anew.
const maxIDs = 500_000

// newestIDs is how many of an ids verify asks for. One would do to see that the last
// rows were lost, unless another writer has added the same ones again, in another
// order but for that one.
const newestIDs = 16

// ids remembers what number the database gave a text. Rows of series and profile
// never change, so that what is remembered holds for as long as the database does.
type ids struct {
	mu    sync.RWMutex
	age   int // counts how often all was forgotten
	known map[string]int32
	top   []numbered // the highest numbers, from the highest on; replaced, not changed
}

type numbered struct {
	id  int32
	key string
}

func newIDs() *ids { return &ids{known: map[string]int32{}} }

// get is the number of key; it does not keep key.
func (c *ids) get(key []byte) (int32, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	id, ok := c.known[string(key)]
	return id, ok
}

// now is what add wants to be told: what was read before a forget is not kept.
func (c *ids) now() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.age
}

func (c *ids) add(age int, found map[string]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age != c.age {
		return
	}
	if len(c.known)+len(found) > maxIDs {
		clear(c.known)
	}
	top := slices.Clone(c.top)
	for key, id := range found {
		c.known[key] = id
		top = append(top, numbered{id, key})
	}
	slices.SortFunc(top, func(a, b numbered) int { return cmp.Or(cmp.Compare(b.id, a.id), cmp.Compare(a.key, b.key)) })
	top = slices.Compact(top) // two may have looked up the same
	c.top = slices.Clone(top[:min(len(top), newestIDs)])
}

// newest are those with the highest numbers: what a database loses first.
func (c *ids) newest() []numbered {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.top
}

func (c *ids) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age++
	clear(c.known)
	c.top = nil
}
