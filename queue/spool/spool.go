package spool

import (
	"sync"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// Options say where a spool is, and how large it may be. Dir is required.
type Options struct {
	Dir string
	// Size is the most that segments and reserve take; 0: 1 GiB, at least
	// 1 MiB. A small part of it is kept for checkpoints.
	Size int64
	// SegmentSize is how large a segment grows; 0: an eighth of Size, at most
	// 64 MiB.
	SegmentSize int64
	// SyncDelay is how long a Publish waits for others to share its fsync; 0:
	// only those share it that come while another is under way.
	SyncDelay time.Duration
	// InFlight is how many messages a subscription holds unsettled, or settled
	// behind one that is not; 0: 65,536. Their values take 64 MiB at most,
	// unless a single one takes more.
	InFlight int
	// DeadLetterSize is the size at which the file of dead letters takes the
	// place of the one before; 0: 64 MiB.
	DeadLetterSize int64
	FS             FS // nil: the operating system's
}

// A Recovery is what Open found.
type Recovery struct {
	Checkpoint time.Time // the newest one
	Found      bool      // whether there is a checkpoint

	Segments  int
	Bytes     int64
	Records   int64 // intact ones, checkpoints included
	Unsettled int64 // messages that will be handed out
	TornBytes int64 // cut off the end
	Corrupt   int64 // damaged stretches of a record or more, skipped; missing segments too
	// Damaged says that messages may be lost that were not settled. Intact is
	// then the newest checkpoint before them, if there is one: what was
	// accounted for up to there is not concerned. Otherwise it is Checkpoint.
	Damaged     bool
	Intact      time.Time
	IntactFound bool
	// CursorLost says that the note of what is settled was unreadable, so that
	// all that is still kept will be handed out again.
	CursorLost bool
	Foreign    []string // names of files that are not the spool's, or copies; they are left alone
}

// A Spool is a [queue.Publisher] with one subscription at a time. All methods
// may be called by several goroutines.
type Spool struct {
	o     Options
	limit int64 // messages do not go beyond it, checkpoints do
	found Recovery

	turn   chan struct{} // held by the one that commits
	wake   chan struct{} // tells it that there is more to commit, or more room
	tidy   chan struct{} // tells the janitor that there is work
	closed chan struct{} // closed by Close
	done   sync.WaitGroup

	// With writing: one changes segments, or the reserve. It is taken after
	// tidying, and before mu.
	writing  sync.Mutex
	buf      []byte
	file     File  // of active
	reserved int64 // bytes of the reserve
	linked   place // behind the last message in any segment; changed with mu, too

	// With tidying: one writes cursor and dead letters.
	tidying sync.Mutex
	letters *letters
	written place // what the cursor file says
	durable place // what it says after a crash, at least

	// With reading: one reads for the subscription.
	reading sync.Mutex
	reader  reader

	mu       sync.Mutex
	ended    bool
	pending  []*group
	segments []*segment
	active   *segment // that is appended to; changed with writing as well; nil: the next commit begins one
	number   uint64   // of the next segment
	total    int64
	full     bool // a message waits for room
	short    bool // the reserve was needed: others may wait for room on the disk
	newest   checkpoint
	err      error // of the last write, or nil
	stuck    error // what kept the cursor from being written, the last time

	sub     *Subscription
	window  []*entry // handed out, in the order on disk; the first is not done
	again   []*entry // of these, what is to be handed out anew
	burying []*entry // of these, what waits to become a dead letter
	held    int64    // bytes of the values in window
	stalled bool     // Next waits for the window
	cursor  place    // up to here everything is settled
	mark    mark     // before the cursor
	dirty   bool     // the cursor has moved since it was written
	readTo  place
	passed  mark      // before readTo
	readAt  time.Time // no message behind readTo is older
	depth   int64
	dead    int64
	corrupt int64
}

type checkpoint struct {
	at      time.Time
	segment uint64
	ok      bool
}

// Recovered is the newest checkpoint that Open found.
func (s *Spool) Recovered() (at time.Time, ok bool) { return s.found.Checkpoint, s.found.Found }

// Intact is the newest checkpoint that Open found before any damage by which
// messages may be lost that were not settled: slots after it are accounted for only
// as far as Replay tells.
func (s *Spool) Intact() (at time.Time, ok bool) { return s.found.Intact, s.found.IntactFound }

// Close ends all that is blocked in the spool with ErrClosed, and returns when
// the cursor is written. Close twice is harmless.
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		s.done.Wait()
		return nil
	}
	s.ended = true
	close(s.closed)
	sub := s.sub
	s.mu.Unlock()
	s.done.Wait()
	s.turn <- struct{}{} // never given back
	var err error
	if sub != nil {
		err = sub.Close()
	} else {
		err = s.record(true)
	}
	s.tidying.Lock()
	defer s.tidying.Unlock()
	s.reading.Lock()
	defer s.reading.Unlock()
	s.reader.close()
	if s.letters != nil {
		_ = s.letters.f.Close() // what counts has been fsynced
	}
	if s.file != nil {
		_ = s.file.Close() // the same
	}
	return err
}

// Stats may be called at any time.
func (s *Spool) Stats() queue.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := queue.Stats{
		Depth: s.depth, Bytes: s.total, Capacity: s.o.Size, Full: s.full, DeadLetters: s.dead,
		TornBytes: s.found.TornBytes, Corrupt: s.found.Corrupt + s.corrupt, Err: s.err, Stuck: s.stuck,
	}
	if s.sub != nil {
		st.Unread = s.sub.unread
	}
	switch {
	case len(s.window) > 0:
		st.Oldest = max(0, time.Since(s.window[0].at))
	case s.depth > 0:
		st.Oldest = max(0, time.Since(s.readAt))
	}
	return st
}

// signal leaves a note for a goroutine that looks at the state after reading it.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
