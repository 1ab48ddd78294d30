package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// How many bytes of values a subscription holds, unless a single one has more.
const maxHeld = 64 << 20

// A Subscription hands out the messages of a Spool in the order on disk, from
// where the one before it, or the last process, was.
type Subscription struct {
	s      *Spool
	more   chan struct{} // tells Next that there may be a message
	closed chan struct{} // closed by Close
	again  time.Time     // not before this does Next read again
	wait   time.Duration // before again; 0: the last read went well
	unread error         // of the last try to read, with the spool's mu
}

// An entry is a message in the window.
type entry struct {
	message queue.Message
	at      time.Time
	size    int64
	end     place         // behind it
	mark    mark          // before it
	sub     *Subscription // that holds it in flight
	reason  error         // of its refusal
	done    bool
}

// Subscribe returns the spool's subscription; it wraps ErrSubscribed while there
// is another.
func (s *Spool) Subscribe() (*Subscription, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil, queue.ErrClosed
	}
	if s.sub != nil {
		return nil, fmt.Errorf("subscribe to the spool %s: %w", s.o.Dir, queue.ErrSubscribed)
	}
	s.sub = &Subscription{s: s, more: make(chan struct{}, 1), closed: make(chan struct{})}
	return s.sub, nil
}

func (s *Spool) wakeNext() {
	if s.sub != nil {
		signal(s.sub.more)
	}
}

// Next blocks until there is a message. While the disk cannot be read, which Stats
// tells, it tries again, and hands out what comes back meanwhile.
func (sub *Subscription) Next(ctx context.Context) (queue.Message, error) {
	s := sub.s
	for {
		if err := ctx.Err(); err != nil {
			return queue.Message{}, err
		}
		e, room, err := sub.anew()
		var retry <-chan time.Time
		if e == nil && err == nil && room {
			e, retry, err = sub.try()
		}
		if err != nil {
			return queue.Message{}, err
		}
		if e != nil {
			return e.message, nil
		}
		select {
		case <-retry:
		case <-sub.more:
		case <-sub.closed:
		case <-s.closed:
			return queue.Message{}, queue.ErrClosed
		case <-ctx.Done():
		}
	}
}

// anew hands out what came back, and says whether the window has room.
func (sub *Subscription) anew() (e *entry, room bool, err error) {
	s := sub.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sub != sub || s.ended {
		return nil, false, queue.ErrClosed
	}
	if len(s.again) > 0 {
		e = s.again[0]
		s.again[0] = nil
		s.again = s.again[1:]
		e.sub = sub
		return e, true, nil
	}
	room = len(s.window) == 0 || len(s.window) < s.o.InFlight && s.held < maxHeld
	s.stalled = !room
	return nil, room, nil
}

// How long Next waits after a read that failed; it doubles. The first is long enough
// for whoever looks at Stats now and then to see that something is wrong with the disk.
const (
	firstReread = time.Second
	lastReread  = 10 * time.Second
)

// try reads, unless the last read failed too short a time ago; retry then says when
// it is time to.
func (sub *Subscription) try() (e *entry, retry <-chan time.Time, err error) {
	if wait := time.Until(sub.again); wait > 0 {
		return nil, time.After(wait), nil
	}
	e, err = sub.read()
	if errors.Is(err, queue.ErrClosed) {
		return nil, nil, err
	}
	sub.s.mu.Lock()
	sub.unread = err
	sub.s.mu.Unlock()
	if err == nil {
		sub.again, sub.wait = time.Time{}, 0
		return e, nil, nil
	}
	sub.wait = min(max(2*sub.wait, firstReread), lastReread)
	sub.again = time.Now().Add(sub.wait)
	return nil, time.After(sub.wait), nil
}

// read hands out the next message on disk; nil when there is none.
func (sub *Subscription) read() (*entry, error) {
	s := sub.s
	s.reading.Lock()
	defer s.reading.Unlock()
	select {
	case <-s.closed: // and with it the reader
		return nil, queue.ErrClosed
	default:
	}
	e, err := s.readNext()
	if err != nil {
		s.reader.close() // the next try opens the file anew
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readTo, s.passed = s.reader.at, s.reader.mark
	if e == nil {
		if len(s.window) == 0 {
			s.advance()
			if s.caughtUp() {
				s.depth = 0 // what is damaged is never handed out
			}
		}
		return nil, nil
	}
	e.message.Position = e
	s.window = append(s.window, e)
	s.held += e.size
	s.readAt = e.at
	if s.sub != sub {
		s.again = append(s.again, e)
		return nil, queue.ErrClosed
	}
	e.sub = sub
	return e, nil
}

// Settle records how m ended. A message that this subscription does not hold
// (any more) is left alone.
func (sub *Subscription) Settle(m queue.Message, outcome queue.Outcome) {
	e, ok := m.Position.(*entry)
	if !ok {
		return
	}
	s := sub.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.sub != sub {
		return
	}
	e.sub = nil
	switch outcome.Verdict {
	case queue.Accepted:
		s.finish(e)
	case queue.Refused:
		e.reason = outcome.Err
		s.burying = append(s.burying, e)
		signal(s.tidy)
	default:
		s.again = append(s.again, e)
		s.wakeNext()
	}
}

// finish ends an entry, and moves the cursor over the finished prefix.
func (s *Spool) finish(e *entry) {
	e.done = true
	e.message = queue.Message{}
	s.held -= e.size
	s.depth--
	if s.window[0].done {
		s.advance()
	}
	if s.stalled {
		s.stalled = false
		s.wakeNext()
	}
}

func (s *Spool) advance() {
	before := s.cursor
	n := 0
	for n < len(s.window) && s.window[n].done {
		s.cursor, s.mark = s.window[n].end, s.window[n].mark
		s.window[n] = nil
		n++
	}
	s.window = s.window[n:]
	if len(s.window) == 0 {
		s.window = nil
		if s.cursor.before(s.readTo) {
			s.cursor, s.mark = s.readTo, s.passed
		}
	}
	if !before.before(s.cursor) {
		return
	}
	if !s.dirty || s.full || before.segment != s.cursor.segment {
		s.dirty = true
		signal(s.tidy)
	}
}

// Close ends the subscription once what it settled is on disk. What it holds
// unsettled goes to the next one, in the order in which it was handed out.
func (sub *Subscription) Close() error {
	s := sub.s
	s.mu.Lock()
	if s.sub != sub {
		s.mu.Unlock()
		return nil
	}
	s.sub = nil
	close(sub.closed)
	var back []*entry
	for _, e := range s.window {
		if e.sub == sub {
			e.sub = nil
			back = append(back, e)
		}
	}
	s.again = append(back, s.again...)
	s.mu.Unlock()
	return s.record(true)
}

// A reader is where the subscription reads.
type reader struct {
	f     File
	sc    *scanner
	final bool  // the segment grows no more
	known int64 // damage before here was counted by Open
	at    place
	mark  mark // before at
}

func (r *reader) close() {
	if r.f != nil {
		_ = r.f.Close() // it was only read
		r.f, r.sc = nil, nil
	}
}

// readNext returns the next message of the segments, nil at their end.
func (s *Spool) readNext() (*entry, error) {
	r := &s.reader
	for {
		ok, err := s.readable()
		if err != nil || !ok {
			return nil, err
		}
		from, damage := r.sc.off, r.sc.corrupt
		rec, ok, err := r.sc.next()
		if err != nil {
			return nil, err
		}
		if r.sc.corrupt > damage && from >= r.known {
			s.mu.Lock()
			s.corrupt += r.sc.corrupt - damage
			s.mu.Unlock()
		}
		switch {
		case ok:
			r.at = place{r.sc.segment, r.sc.off}
			switch rec.typ {
			case typeCheckpoint:
				r.mark = mark{at: rec.checkpoint, ok: true}
			case typeMessage:
				return &entry{message: rec.message, at: rec.at, end: r.at, mark: r.mark, size: int64(len(rec.message.Value) + len(rec.message.Key))}, nil
			}
		case r.final:
			r.at = place{r.sc.segment + 1, 0}
			r.close()
		default:
			return nil, nil
		}
	}
}

// readable opens the segment at the reader's place, or learns how far it has
// grown; false when there is nothing to be read yet.
func (s *Spool) readable() (bool, error) {
	r := &s.reader
	s.mu.Lock()
	if r.at.before(s.readTo) {
		r.at = s.readTo
	}
	var seg segment
	for i, found := range s.segments {
		if found.number >= r.at.segment {
			seg = *found
			r.final = i < len(s.segments)-1
			break
		}
	}
	s.mu.Unlock()
	if r.f != nil && r.sc.segment != seg.number { // it was deleted: all of it is settled
		r.close()
	}
	if seg.number == 0 {
		return false, nil
	}
	if r.f == nil {
		name := s.path(segmentName(seg.number))
		f, err := s.o.FS.Open(name)
		if errors.Is(err, fs.ErrNotExist) && s.gone(&seg) {
			r.at = place{seg.number + 1, 0}
			return s.readable()
		}
		if err != nil {
			return false, fmt.Errorf("read the spool: %w", err)
		}
		off := int64(headSize)
		if r.at.segment == seg.number {
			off = max(off, r.at.off)
		}
		r.f, r.known = f, seg.scanned
		r.sc = &scanner{f: f, name: name, segment: seg.number, off: off}
	}
	r.sc.end = seg.size
	return true, nil
}

// gone says whether the janitor may have deleted seg since.
func (s *Spool) gone(seg *segment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return seg.within(s.cursor)
}

// caughtUp says whether the reader has seen all that is committed.
func (s *Spool) caughtUp() bool {
	n := len(s.segments)
	if n == 0 {
		return true
	}
	sc, last := s.reader.sc, s.segments[n-1]
	return sc != nil && sc.segment == last.number && sc.end == last.size
}
