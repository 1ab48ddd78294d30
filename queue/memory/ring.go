package memory

import "github.com/monitorink/monitorink/queue"

// A ring is a double-ended queue that grows as needed.
type ring struct {
	buf     []queue.Message
	head, n int
}

func (r *ring) grow() {
	if r.n < len(r.buf) {
		return
	}
	buf := make([]queue.Message, max(64, 2*len(r.buf)))
	k := copy(buf, r.buf[r.head:])
	copy(buf[k:], r.buf[:r.head])
	r.buf, r.head = buf, 0
}

func (r *ring) push(m queue.Message) {
	r.grow()
	r.buf[(r.head+r.n)%len(r.buf)] = m
	r.n++
}

func (r *ring) unshift(m queue.Message) {
	r.grow()
	r.head = (r.head - 1 + len(r.buf)) % len(r.buf)
	r.buf[r.head] = m
	r.n++
}

func (r *ring) pop() queue.Message {
	m := r.buf[r.head]
	r.buf[r.head] = queue.Message{}
	r.head = (r.head + 1) % len(r.buf)
	r.n--
	return m
}
