package kafka

// A tracker knows which of the messages that were taken from a partition are
// finished, and up to which offset all of them are. Adding and finishing take
// constant time; it keeps eight bytes for each message above the finished prefix.
type tracker struct {
	ring []int64 // offsets, the finished ones as their complement; a power of two
	head uint64  // the first message that is not finished
	tail uint64  // the next to be added
	next int64   // the offset after the finished prefix; 0: nothing is finished
}

const minRing = 256

// add takes the message at offset, and returns its number.
func (t *tracker) add(offset int64) uint64 {
	if int(t.tail-t.head) == len(t.ring) {
		t.grow(max(minRing, 2*len(t.ring)))
	}
	t.ring[t.tail&uint64(len(t.ring)-1)] = offset
	t.tail++
	return t.tail - 1
}

func (t *tracker) grow(n int) {
	ring := make([]int64, n)
	for i := t.head; i < t.tail; i++ {
		ring[i&uint64(n-1)] = t.ring[i&uint64(len(t.ring)-1)]
	}
	t.ring = ring
}

// finish says that the message of that number is finished; false when it was before.
func (t *tracker) finish(number uint64) bool {
	if number < t.head || number >= t.tail {
		return false
	}
	mask := uint64(len(t.ring) - 1)
	at := &t.ring[number&mask]
	if *at < 0 {
		return false
	}
	*at = ^*at
	for t.head < t.tail && t.ring[t.head&mask] < 0 {
		t.next = ^t.ring[t.head&mask] + 1
		t.head++
	}
	return true
}

// open is how many messages lie above the finished prefix.
func (t *tracker) open() int { return int(t.tail - t.head) }
