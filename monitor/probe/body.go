package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/monitorink/monitorink/data"
)

// MaxBody is how many bytes of a body are read, after decompression.
const MaxBody = 1 << 20

var gzips = sync.Pool{New: func() any { return new(gzip.Reader) }}

// open returns a reader of the body, decompressed, and its size, which is negative
// when it is not known. The reader is given back by closeBody.
func (v *visit) open() (from io.Reader, size int64, err error) {
	from, size = v.res.Body, v.res.ContentLength
	if v.hop.method == http.MethodHead {
		size = 0 // it tells of a body that does not come
	}
	if !v.hop.gzip || size == 0 || !strings.EqualFold(v.res.Header.Get("Content-Encoding"), "gzip") {
		return from, size, nil
	}
	z := gzips.Get().(*gzip.Reader)
	switch err := z.Reset(&wire{from, MaxBody + 64<<10}); { // what unpacks to less is no body
	case err == io.EOF:
		gzips.Put(z)
		return http.NoBody, -1, nil
	case err != nil:
		gzips.Put(z)
		return nil, 0, fmt.Errorf("decompress the body: %w", err)
	}
	return z, -1, nil
}

func closeBody(from io.Reader) {
	if z, ok := from.(*gzip.Reader); ok {
		gzips.Put(z)
	}
}

// readBody reads the body to its end.
func (r *run) readBody(v *visit) error {
	r.inBody = true
	defer r.step(phaseTransfer)
	from, size, err := v.open()
	if err != nil {
		return err
	}
	defer closeBody(from)
	if size > MaxBody {
		return &fault{data.ErrBodyTooLarge, fmt.Sprintf("the body has %d bytes; an expectation needs it, and at most %d are read", size, MaxBody)}
	}
	r.HTTP.BodyBytes = 0
	var b []byte
	defer func() { r.keep(b) }()
	for {
		if len(b) == cap(b) {
			if len(b) == MaxBody {
				return r.end(v, from, b)
			}
			if b, err = r.grow(b, max(size, int64(len(b))+1)); err != nil {
				return err
			}
		}
		n, err := from.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		r.HTTP.BodyBytes = int64(len(b))
		if err == io.EOF {
			r.Body, v.whole = b, true
			return nil
		}
		if err != nil && v.conn.ended && !errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
		}
		if err != nil {
			return err
		}
	}
}

// A wire gives up to left bytes of a body as it was sent: one that unpacks to nothing
// might go on for ever.
type wire struct {
	io.Reader
	left int
}

func (w *wire) Read(b []byte) (int, error) {
	if w.left == 0 {
		return 0, &fault{data.ErrBodyTooLarge, fmt.Sprintf("the body has more than %d bytes before decompression, and no more are read", MaxBody)}
	}
	n, err := w.Reader.Read(b[:min(len(b), w.left)])
	w.left -= n
	return n, err
}

// end sees to it that a body as long as allowed ends there.
func (r *run) end(v *visit, from io.Reader, b []byte) error {
	var more [1]byte
	for {
		n, err := from.Read(more[:])
		switch {
		case n > 0:
			return &fault{data.ErrBodyTooLarge, fmt.Sprintf("the body has more than %d bytes; an expectation needs it, and no more are read", MaxBody)}
		case err == io.EOF:
			r.Body, v.whole = b, true
			return nil
		case err != nil:
			return err
		}
	}
}

// grow copies b to a buffer of at least n bytes, and waits for room if it must. It
// gives its own room back first: bodies that wait for each other's would wait for
// ever.
func (r *run) grow(b []byte, n int64) ([]byte, error) {
	class := 0
	for sizes[class] < n {
		class++
	}
	began := time.Now()
	r.p.budget.give(r.buf.held())
	waited, err := r.p.budget.take(r.ctx, sizes[class], r.deadline)
	if waited {
		r.Waited += time.Since(began)
	}
	if err != nil {
		r.keep(bytes.Clone(b[:min(int64(len(b)), r.t.capture)]))
		r.buf.forget()
		return nil, err
	}
	bigger := buffer{p: pools[class].Get().(*[]byte), class: class, from: &r.p.budget}
	b = append(*bigger.p, b...)
	r.buf.forget() // only now: b was in it
	r.buf = bigger
	return b, nil
}

// The sizes of buffers: what most bodies need, many, and the largest.
var (
	sizes = [...]int64{4 << 10, 64 << 10, MaxBody}
	pools = [len(sizes)]sync.Pool{{New: make0(sizes[0])}, {New: make0(sizes[1])}, {New: make0(sizes[2])}}
)

func make0(n int64) func() any {
	return func() any { b := make([]byte, 0, n); return &b }
}

// A buffer is pooled memory that is accounted for. Its zero value holds nothing.
type buffer struct {
	p     *[]byte
	class int
	from  *budget
}

func (b *buffer) held() int64 {
	if b.p == nil {
		return 0
	}
	return sizes[b.class]
}

// forget gives the memory back, but not the room.
func (b *buffer) forget() {
	if b.p != nil {
		pools[b.class].Put(b.p)
		b.p = nil
	}
}

func (b *buffer) release() {
	if n := b.held(); n > 0 {
		b.forget()
		b.from.give(n)
	}
}

// A budget is a number of bytes that all bodies share. Who comes first is served
// first.
type budget struct {
	mu    sync.Mutex
	free  int64
	queue []*waiter
	waits int64
}

type waiter struct {
	n    int64
	room chan struct{} // closed by give
}

// take takes n bytes, and waits for them until the deadline.
func (b *budget) take(ctx context.Context, n int64, deadline time.Time) (waited bool, err error) {
	b.mu.Lock()
	if len(b.queue) == 0 && b.free >= n {
		b.free -= n
		b.mu.Unlock()
		return false, nil
	}
	w := &waiter{n: n, room: make(chan struct{})}
	b.queue = append(b.queue, w)
	b.waits++
	b.mu.Unlock()
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-w.room:
		return true, nil
	case <-t.C:
		err = &fault{data.ErrInternal, "no room for the body within the timeout: too many bodies are held at once"}
	case <-ctx.Done():
		err = ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-w.room: // at the last moment
		return true, nil
	default:
	}
	for i, q := range b.queue {
		if q == w {
			b.queue = append(b.queue[:i], b.queue[i+1:]...)
			break
		}
	}
	b.serve()
	return true, err
}

func (b *budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	b.serve()
}

func (b *budget) serve() {
	for len(b.queue) > 0 && b.free >= b.queue[0].n {
		b.free -= b.queue[0].n
		close(b.queue[0].room)
		b.queue = b.queue[1:]
	}
}
