package spool

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// How many bytes go into one write, unless a single Publish needs more.
const maxCommit = 4 << 20

// A group is what one call wants on disk, all of it or nothing.
type group struct {
	messages   []queue.Message
	checkpoint time.Time // of a group without messages
	size       int64     // the most that it takes
	unsure     bool      // an attempt may have left it on disk
	done       chan error
	back       chan struct{} // tells who leaves that an attempt has failed, and it waits again
}

func newGroup(g group) *group {
	g.done, g.back = make(chan error, 1), make(chan struct{}, 1)
	return &g
}

// Publish returns nil when all messages are written and fsynced. It blocks while
// the spool or the disk is full, and while writing fails, which Stats tells; it
// tries again until ctx ends. More than the spool can ever hold is an error at
// once.
func (s *Spool) Publish(ctx context.Context, messages []queue.Message) error {
	g := newGroup(group{messages: messages, size: startSize})
	for i := range messages {
		m := &messages[i]
		n := messageFrame(m)
		if n > maxPayload || len(m.Kind) > 255 {
			return fmt.Errorf("publish a message of %d bytes: the most is %d, with a kind of 255", n, maxPayload)
		}
		g.size += n
	}
	if g.size > s.limit {
		return fmt.Errorf("publish %d bytes: %w: the spool holds %d; publish less at a time, or give it more room", g.size, queue.ErrTooLarge, s.limit)
	}
	if len(messages) == 0 {
		return nil
	}
	return s.submit(ctx, g)
}

func (s *Spool) submit(ctx context.Context, g *group) error {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return queue.ErrClosed
	}
	s.pending = append(s.pending, g)
	s.mu.Unlock()
	signal(s.wake)
	select {
	case s.turn <- struct{}{}:
		err := s.lead(ctx, g)
		<-s.turn
		return err
	case err := <-g.done:
		return err
	case <-ctx.Done():
	case <-s.closed:
	}
	return s.leave(ctx, g)
}

// leave takes g back. While it is being written it waits for the end of that.
func (s *Spool) leave(ctx context.Context, g *group) error {
	for {
		if err, left := s.withdraw(ctx, g); left {
			return err
		}
		select {
		case err := <-g.done:
			return err
		case <-g.back:
		}
	}
}

// withdraw takes g from what is pending, and says why it was there still.
func (s *Spool) withdraw(ctx context.Context, g *group) (err error, left bool) {
	s.mu.Lock()
	i := slices.Index(s.pending, g)
	if i < 0 {
		s.mu.Unlock()
		return nil, false
	}
	s.pending = slices.Delete(s.pending, i, i+1)
	full, err := s.full, s.err
	if len(s.pending) == 0 {
		s.full = false
	}
	s.mu.Unlock()
	switch {
	case ctx.Err() == nil:
		return queue.ErrClosed, true
	case !g.unsure && noRoom(err):
		return fmt.Errorf("publish %d messages: %w, the disk has no room: %w", len(g.messages), queue.ErrFull, ctx.Err()), true
	case err != nil:
		return fmt.Errorf("publish %d messages: %w: %w", len(g.messages), err, ctx.Err()), true
	case full:
		return fmt.Errorf("publish %d messages: %w, it holds %d bytes: %w", len(g.messages), queue.ErrFull, s.limit, ctx.Err()), true
	}
	return ctx.Err(), true
}

// lead commits what is pending until g is done. It has the turn.
func (s *Spool) lead(ctx context.Context, g *group) error {
	if s.o.SyncDelay > 0 {
		s.linger(ctx)
	}
	wait := 50 * time.Millisecond
	for {
		select {
		case err := <-g.done:
			return err
		default:
		}
		written, err := s.write()
		if written {
			continue
		}
		var retry <-chan time.Time
		wake := s.wake
		if err != nil {
			retry, wake = time.After(wait), nil
			wait = min(2*wait, time.Second)
		}
		select {
		case <-wake:
		case <-retry:
		case <-ctx.Done():
			return s.leave(ctx, g)
		case <-s.closed:
			return s.leave(ctx, g)
		}
	}
}

// write commits what is pending and finds room.
func (s *Spool) write() (written bool, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	batch := s.take()
	if len(batch) == 0 {
		return false, nil
	}
	if err := s.commit(batch); err != nil {
		s.putBack(batch, err)
		return false, err
	}
	return true, nil
}

func (s *Spool) linger(ctx context.Context) {
	t := time.NewTimer(s.o.SyncDelay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	case <-s.closed:
	}
}

// take removes from pending what one commit writes. Messages wait for those
// before them, checkpoints for nothing.
func (s *Spool) take() []*group {
	s.mu.Lock()
	defer s.mu.Unlock()
	var batch []*group
	var size int64
	s.full = false
	behind := false // some message stays
	left := s.pending[:0]
	for _, g := range s.pending {
		if g.messages == nil {
			batch = append(batch, g)
			size += g.size
			continue
		}
		if s.total+size+g.size > s.limit {
			s.full, behind = true, true
		}
		if behind || size > 0 && size+g.size > min(maxCommit, s.o.SegmentSize) {
			left, behind = append(left, g), true
			continue
		}
		batch = append(batch, g)
		size += g.size
	}
	clear(s.pending[len(left):])
	s.pending = left
	if s.full {
		if len(batch) == 0 && noRoom(s.err) {
			s.err = nil // it is the spool that has no room; relieve says so when the disk is to blame
		}
		signal(s.tidy)
	}
	return batch
}

func (s *Spool) putBack(batch []*group, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.pending = append(batch, s.pending...)
	for _, g := range batch {
		signal(g.back)
	}
	if noRoom(err) {
		s.full = true
		signal(s.tidy) // what is settled may make room on the disk, too
	}
}

// commit writes the groups into the active segment, fsyncs, and says so. With writing.
func (s *Spool) commit(batch []*group) error {
	var size, messages int64
	for _, g := range batch {
		size += g.size
		messages += int64(len(g.messages))
	}
	fresh, err := s.begin(size, messages == 0)
	if err != nil {
		return err
	}
	seg, now := s.active, time.Now()
	base := seg.size
	last := s.encode(batch, seg.number, base, now)
	if _, err = s.file.WriteAt(s.buf, base); err == nil {
		err = s.file.Sync()
		if err == nil && fresh {
			err = s.o.FS.SyncDir(s.o.Dir)
		}
		if err != nil {
			// After a failed fsync nobody knows what the file holds: no later one counts.
			s.abandon(batch, fresh, true)
		}
	} else {
		s.abandon(batch, fresh, false)
	}
	if err != nil {
		return fmt.Errorf("append to the spool: %w", err) // which names the file
	}
	s.committed(batch, seg, last, messages, now)
	for _, g := range batch {
		g.done <- nil
	}
	return nil
}

// begin makes sure that there is a segment to write to.
func (s *Spool) begin(size int64, onlyCheckpoints bool) (fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.active; a != nil {
		// In their part checkpoints get segments of their own, which go when newer ones come.
		reserved := onlyCheckpoints && s.total+size > s.limit && (a.last > 0 || a.size > checkpoints/4)
		if a.size+size > s.o.SegmentSize || reserved {
			s.seal()
		}
	}
	if s.active != nil {
		return false, nil
	}
	f, err := s.o.FS.Create(s.path(segmentName(s.number)))
	if err != nil {
		return false, fmt.Errorf("begin a segment: %w", err)
	}
	s.file, s.active = f, &segment{number: s.number, whole: true}
	return true, nil
}

// seal ends the active segment; what it holds is fsynced.
func (s *Spool) seal() {
	if s.active != nil {
		_ = s.file.Close() // nothing is left to be written
		s.active, s.file = nil, nil
	}
}

// encode fills the buffer, and returns where the last message ends in the segment.
func (s *Spool) encode(batch []*group, segment uint64, base int64, now time.Time) (last int64) {
	s.buf = s.buf[:0]
	if base == 0 {
		s.buf = append(s.buf, header(segment)...)
		if s.linked.segment > 0 {
			s.buf = appendFrame(s.buf, segment, base, typeLink, now, func(b []byte) []byte {
				b = binary.LittleEndian.AppendUint64(b, s.linked.segment)
				return binary.LittleEndian.AppendUint64(b, uint64(s.linked.off))
			})
		}
	}
	for _, g := range batch {
		for i := range g.messages {
			m := &g.messages[i]
			s.buf = appendFrame(s.buf, segment, base, typeMessage, now, func(b []byte) []byte { return appendMessage(b, m) })
			last = base + int64(len(s.buf))
		}
		if g.messages == nil {
			s.buf = appendFrame(s.buf, segment, base, typeCheckpoint, now, func(b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, uint64(g.checkpoint.UnixMilli()))
			})
		}
	}
	return last
}

// abandon undoes a write that went wrong. The segment is used further only when
// that is sure to have worked.
func (s *Spool) abandon(batch []*group, fresh, synced bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.path(segmentName(s.active.number))
	err := s.file.Truncate(s.active.size)
	if err != nil || fresh || synced {
		s.seal()
	}
	if fresh {
		err = s.o.FS.Remove(name)
	}
	for _, g := range batch {
		g.unsure = g.unsure || synced || err != nil
	}
}

func (s *Spool) committed(batch []*group, seg *segment, last, messages int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seg.size == 0 {
		s.segments = append(s.segments, seg)
		s.number = seg.number + 1
	}
	if s.depth == 0 && messages > 0 {
		s.readAt = now
	}
	seg.size += int64(len(s.buf))
	s.total += int64(len(s.buf))
	s.depth += messages
	if messages > 0 || len(s.pending) == 0 || !noRoom(s.err) {
		s.err = nil // a checkpoint in the reserve's place does not make room for what waits
	}
	if messages > 0 {
		seg.last = last
		s.linked = place{seg.number, last}
		if now = millis(now); now.After(seg.lastAt) {
			seg.lastAt = now
		}
		s.wakeNext()
	}
	for _, g := range batch {
		if g.messages == nil {
			s.newest = checkpoint{at: g.checkpoint, segment: seg.number, ok: true}
			signal(s.tidy)
		}
	}
}

// Checkpoint records that every slot up to at is above this record, and returns
// when it is fsynced. It does not wait for room, only for a disk that can be
// written. It counts in whole milliseconds.
func (s *Spool) Checkpoint(ctx context.Context, at time.Time) error {
	at = millis(at)
	s.mu.Lock()
	same := s.newest.ok && s.newest.at.Equal(at) && s.active != nil && s.active.number == s.newest.segment
	s.mu.Unlock()
	if same {
		return nil
	}
	return s.submit(ctx, newGroup(group{checkpoint: at, size: startSize + checkpointFrame}))
}
