package memory

import (
	"time"

	"github.com/monitorink/monitorink/queue"
)

// An entry is a message with its place in the queue.
type entry struct {
	message    queue.Message
	at         time.Time
	sub        *Subscription // that holds it in flight
	prev, next *entry        // in flight
}

func (e *entry) size() int64 { return int64(len(e.message.Key) + len(e.message.Value)) }

// A fifo is a ring that doubles when it is full.
type fifo struct {
	ring    []*entry
	head, n int
}

func (f *fifo) push(e *entry) {
	if f.n == len(f.ring) {
		ring := make([]*entry, max(64, 2*len(f.ring)))
		k := copy(ring, f.ring[f.head:])
		copy(ring[k:], f.ring[:f.head])
		f.ring, f.head = ring, 0
	}
	f.ring[(f.head+f.n)&(len(f.ring)-1)] = e
	f.n++
}

func (f *fifo) peek() *entry {
	if f.n == 0 {
		return nil
	}
	return f.ring[f.head]
}

func (f *fifo) pop() *entry {
	if f.n == 0 {
		return nil
	}
	e := f.ring[f.head]
	f.ring[f.head] = nil
	f.head = (f.head + 1) & (len(f.ring) - 1)
	f.n--
	return e
}

// A list is doubly linked through its entries.
type list struct {
	head, tail *entry
	n          int
}

func (l *list) push(e *entry) {
	e.prev, e.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = e
	} else {
		l.head = e
	}
	l.tail = e
	l.n++
}

func (l *list) remove(e *entry) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		l.head = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		l.tail = e.prev
	}
	e.prev, e.next = nil, nil
	l.n--
}
