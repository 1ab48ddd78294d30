package kafka

import (
	"context"
	"sync"
)

// A budget bounds the messages in flight, by number and by bytes. What is larger
// than the whole budget passes alone. Those who wait are served in turn.
type budget struct {
	maxCount, maxBytes int

	mu           sync.Mutex
	count, bytes int
	waiting      []*turn
}

type turn struct {
	count, bytes int
	granted      chan struct{} // closed by grant
}

func (b *budget) fits(count, bytes int) bool {
	return b.count == 0 || b.count+count <= b.maxCount && b.bytes+bytes <= b.maxBytes
}

// take waits for room.
func (b *budget) take(ctx context.Context, count, bytes int) error {
	b.mu.Lock()
	if len(b.waiting) == 0 && b.fits(count, bytes) {
		b.count += count
		b.bytes += bytes
		b.mu.Unlock()
		return nil
	}
	t := &turn{count: count, bytes: bytes, granted: make(chan struct{})}
	b.waiting = append(b.waiting, t)
	b.mu.Unlock()
	select {
	case <-t.granted:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-t.granted: // both at once: give it back
		b.count -= count
		b.bytes -= bytes
	default:
		for i, w := range b.waiting {
			if w == t {
				b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
				break
			}
		}
	}
	b.grant()
	return context.Cause(ctx)
}

func (b *budget) give(count, bytes int) {
	b.mu.Lock()
	b.count -= count
	b.bytes -= bytes
	b.grant()
	b.mu.Unlock()
}

// grant needs b.mu.
func (b *budget) grant() {
	for len(b.waiting) > 0 && b.fits(b.waiting[0].count, b.waiting[0].bytes) {
		t := b.waiting[0]
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
		b.count += t.count
		b.bytes += t.bytes
		close(t.granted)
	}
}

func (b *budget) used() (count, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count, b.bytes
}
