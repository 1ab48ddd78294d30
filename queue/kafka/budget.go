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
	bytes   int
	granted chan struct{} // closed by grant
}

func (b *budget) fits(count, bytes int) bool {
	return b.count == 0 || b.count+count <= b.maxCount && b.bytes+bytes <= b.maxBytes
}

// take takes the room for the first of some sizes, as many as there is room for,
// and waits where there is not even room for one. It says how many, and their sum.
func (b *budget) take(ctx context.Context, sizes []int) (n, bytes int, err error) {
	b.mu.Lock()
	if len(b.waiting) == 0 {
		for n < len(sizes) && b.fits(1, sizes[n]) {
			b.count++
			b.bytes += sizes[n]
			bytes += sizes[n]
			n++
		}
	}
	b.mu.Unlock()
	if n > 0 {
		return n, bytes, nil
	}
	return 1, sizes[0], b.wait(ctx, sizes[0])
}

func (b *budget) wait(ctx context.Context, size int) error {
	b.mu.Lock()
	if len(b.waiting) == 0 && b.fits(1, size) {
		b.count++
		b.bytes += size
		b.mu.Unlock()
		return nil
	}
	t := &turn{bytes: size, granted: make(chan struct{})}
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
		b.count--
		b.bytes -= size
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
	for len(b.waiting) > 0 && b.fits(1, b.waiting[0].bytes) {
		t := b.waiting[0]
		b.waiting[0] = nil
		b.waiting = b.waiting[1:]
		b.count++
		b.bytes += t.bytes
		close(t.granted)
	}
}

func (b *budget) used() (count, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count, b.bytes
}
