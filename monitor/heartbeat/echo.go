package heartbeat

import (
	"context"
	"os"
	"runtime"
	"sync"
)

// An echo tells when this process has caught up. A byte goes through a pipe to a
// goroutine that waits for it as probes wait for their answers: once it has come,
// all that was ready to run before it has had its turn. When the processor is
// what there is too little of, that takes long, and it is our own doing; targets
// that are slow do not change it.
type echo struct {
	r, w *os.File
	call chan struct{} // closed by close
	came chan struct{} // never closed
	done sync.WaitGroup
}

// newEcho returns nil where there is no pipe to be had: a nil echo never waits.
func newEcho() *echo {
	r, w, err := os.Pipe()
	if err != nil {
		return nil
	}
	e := &echo{r: r, w: w, call: make(chan struct{}), came: make(chan struct{}, 1)}
	e.done.Go(e.listen) // ends with close, which waits for it
	return e
}

func (e *echo) listen() {
	var b [1]byte
	for range e.call {
		if _, err := e.r.Read(b[:]); err != nil {
			return
		}
		e.came <- struct{}{} // it is taken, or there is room
	}
}

// wait returns when the process has caught up, and when ctx ends; then the echo
// is not to be used again.
func (e *echo) wait(ctx context.Context) {
	if e == nil {
		return
	}
	e.call <- struct{}{}
	runtime.Gosched() // so that the byte is waited for when it comes
	if _, err := e.w.Write([]byte{1}); err != nil {
		return
	}
	select {
	case <-e.came:
	case <-ctx.Done():
	}
}

func (e *echo) close() {
	if e == nil {
		return
	}
	_ = e.w.Close() // ends a reading, too
	close(e.call)
	e.done.Wait()
	_ = e.r.Close()
}
