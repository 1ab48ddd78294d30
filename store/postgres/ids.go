package postgres

import "sync"

// maxIDs bounds an ids; one more, and it starts anew.
const maxIDs = 500_000

// ids remembers what number the database gave a text. Rows of series and profile
// never change, so that what is remembered holds for as long as the database does.
type ids struct {
	mu    sync.RWMutex
	age   int // counts how often all was forgotten
	known map[string]int32
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
	for key, id := range found {
		c.known[key] = id
	}
}

func (c *ids) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age++
	clear(c.known)
}
