package schedule

import (
	"container/heap"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
)

const (
	defaultWindow = 10 * time.Millisecond
	// maxLate is how late a slot may begin at most, however long its interval.
	maxLate = 10 * time.Second
	// idle is how long Next blocks at most, so that Window.Upto advances.
	idle        = time.Second
	defaultRoom = 64
)

// Options are the settings of a Runner.
type Options struct {
	// Window is how far apart wake-ups are at least: the slots of a window
	// are released together, at its end. 0: 10 ms.
	Window   time.Duration
	Location string
	// Start is the first instant whose slots are the runner's.
	Start time.Time
	Clock Clock
	// Alarm wakes Next; it is the runner's alone. Nil: a timer.
	Alarm Alarm
	// Room is how many slots Next may give at once, asked whenever it is about
	// to. Only when more are ready does the Runner choose, so a small number
	// makes for late and fair decisions. Nil: 64.
	Room func() int

	// What a host is spared (Definition.Host); 0: nothing. A slot whose host has
	// no room waits with the others that are ready, and keeps none of them waiting
	// that belongs elsewhere.
	HostInFlight int     // slots of a host that are given and not done
	HostRate     float64 // slots of a host that are given in a second
}

// An Alarm goes off once after each Reset: then C has a value. It may also have one left
// from before.
type Alarm interface {
	Reset(after time.Duration)
	C() <-chan time.Time
}

// A timer is an alarm.
type timer struct{ timer *time.Timer }

func (t *timer) C() <-chan time.Time { return t.timer.C }

func (t *timer) Reset(after time.Duration) {
	if t.timer == nil {
		t.timer = time.NewTimer(after)
		return
	}
	t.timer.Reset(after)
}

// A Due is a slot that is to be probed now. Its monitor counts as running until
// Done or Again is called.
type Due struct {
	Slot         data.Slot
	Registration *data.Registration
	Value        any // of the definition
	Attempt      int // from 1; later ones come by Again
	entry        *entry
	mono         time.Duration // of its instant, when the wall clock is not set, or when a later attempt is due
}

// A Skip tells of slots of one monitor that follow one another and do not run.
type Skip struct {
	Registration *data.Registration
	First, Last  time.Time
	Slots        int64
	Reason       data.Reason
}

// A Window is what Next gives: with it, every slot up to Upto has been given, as
// due or as skipped, in this window or an earlier one.
type Window struct {
	Due     []Due
	Skipped []Skip
	Upto    time.Time
	Steps   []Step // of the wall clock, usually none
}

// A Runner releases the slots of many monitors as their instants come. It holds
// no goroutine and one alarm, whatever their number.
type Runner struct {
	window   int64 // milliseconds
	location string
	start    int64
	clock    Clock
	room     func() int

	mu      sync.Mutex
	entries map[string]*entry // what holds from the newest change on
	gone    map[string]*entry // removed, and perhaps still running
	active  entryHeap
	paused  entryHeap     // nobody wakes for these
	change  *Change       // not yet committed; nil: none
	ready   readySet      // released, and not yet given
	again   attemptHeap   // later attempts that wait
	from    int64         // the instant of the newest change
	upto    int64         // all slots up to here are released
	most    int64         // no slot after it is released
	jumps   []*jump       // of the wall clock, which may yet be undone, in order
	looked  reading       // up to which slots are released, or jumped over
	wake    chan struct{} // closed, and made anew, by Again and when a change has been made
	freed   chan struct{} // has a value when a host that holds slots has room; never closed

	abandoned atomic.Int64 // later attempts that were not given

	// Only Next uses these.
	last    time.Time // when it returned
	alarm   Alarm
	holding *jump // takes what is skipped because of the clock; nil: it is given
	due     []Due
	skip    []Skip
	steps   []Step
}

// NewRunner returns a runner without monitors.
func NewRunner(o Options) *Runner {
	if o.Window <= 0 {
		o.Window = defaultWindow
	}
	if o.Room == nil {
		o.Room = func() int { return defaultRoom }
	}
	if o.Alarm == nil {
		o.Alarm = &timer{}
	}
	start, clock := ceil(o.Start), o.Clock.Real()
	return &Runner{
		window: max(o.Window.Milliseconds(), 1), location: o.Location, start: start, clock: clock, looked: clock.read(), room: o.Room, alarm: o.Alarm,
		ready: readySet{hosts: newHosts(o, o.Window)}, freed: make(chan struct{}, 1),
		entries: map[string]*entry{}, gone: map[string]*entry{}, from: start, upto: start - 1, most: start - 1, wake: make(chan struct{}),
	}
}

// Next blocks until the end of the window in which slots are due, and at most a
// second, and returns those that are, or as many as there is room for. While more
// are ready it does not block. The slices are valid until the next call. One
// goroutine calls it.
func (r *Runner) Next(ctx context.Context) (Window, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Window{}, err
		}
		left := idle - time.Since(r.last)
		if r.last.IsZero() {
			left = 0
		}
		r.mu.Lock()
		w, changed, wait := r.step(left)
		r.mu.Unlock()
		if len(w.Due) > 0 || len(w.Skipped) > 0 || len(w.Steps) > 0 || left <= 0 {
			r.last = time.Now()
			return w, nil
		}
		if wait <= 0 {
			continue // what was due has been replaced
		}
		r.alarm.Reset(wait)
		select {
		case <-r.alarm.C():
		case <-changed:
		case <-r.freed:
		case <-ctx.Done():
		}
	}
}

// step releases what is due, and gives what there is room for. left is how long
// Next may yet block. Without anything to give, it returns how long to wait, unless
// changed is closed before.
func (r *Runner) step(left time.Duration) (w Window, changed <-chan struct{}, wait time.Duration) {
	now := r.clock.read()
	r.due, r.skip, r.steps = r.due[:0], r.skip[:0], r.steps[:0]
	wait = min(r.wait(now), left)
	if wait <= 0 {
		r.tick(now)
	}
	if r.ready.first != nil || r.repeats(now) {
		room := r.room()
		r.choose(now.mono, room)
		r.repeat(now.mono, room)
	}
	if wait > 0 {
		wait = min(wait, r.waitForHosts(now.mono))
	}
	return Window{Due: r.due, Skipped: r.skip, Upto: r.settled(), Steps: r.steps}, r.wake, wait
}

// wait is how long it is until the end of the window in which the next slot falls,
// or the next attempt. Attempts that are due wait for room, and not for time.
func (r *Runner) wait(now reading) time.Duration {
	if r.looked.off(now) != 0 {
		return 0
	}
	wait := idle
	if len(r.active) > 0 {
		wait = time.UnixMilli((r.active[0].next + r.window - 1) / r.window * r.window).Sub(now.wall)
	}
	if len(r.again) > 0 && !r.repeats(now) {
		wait = min(wait, r.again[0].at-now.mono)
	}
	return wait
}

// waitForHosts is how long it is until one of the hosts that slots or attempts wait
// for may be asked again: a window at least.
func (r *Runner) waitForHosts(now time.Duration) time.Duration {
	wait := idle
	if w := r.ready.hosts.waiting; len(w) > 0 {
		wait = w[0].next - now
	}
	if len(r.again) > 0 && r.again[0].at > now {
		wait = min(wait, r.again[0].at-now)
	}
	return max(wait, time.Duration(r.window)*time.Millisecond)
}

// release makes all slots up to now ready, or skips them; late is the reason of
// those that are too late.
func (r *Runner) release(now reading, late data.Reason) {
	for _, h := range []*entryHeap{&r.active, &r.paused} {
		for len(*h) > 0 && (*h)[0].next <= now.wall.UnixMilli() {
			if (*h)[0].release(r, now, late) {
				heap.Fix(h, 0)
			} else {
				heap.Pop(h)
			}
		}
	}
}

// Done says that the slot's probe has ended. Any goroutine may call it, once.
func (r *Runner) Done(d Due) {
	d.entry.turn.running.Store(false)
	if h := d.entry.host; h != nil {
		now := r.clock.Monotonic()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.free(h, now)
	}
}

// free enters that a slot of h has ended, and wakes Next for the others.
func (r *Runner) free(h *host, now time.Duration) {
	h.running--
	if len(h.held) == 0 {
		return
	}
	r.ready.resume(h, now)
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

// Held is how many slots had to wait for their host so far.
func (r *Runner) Held() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready.hosts.count
}

// Late is how long ago the slot's instant was, by the monotonic clock since it
// was released: a step of the wall clock does not count. A later attempt is as late
// as it comes after what Again was told.
func (r *Runner) Late(d Due) time.Duration { return r.clock.Monotonic() - d.mono }

// TooLate reports whether it is too late to begin the slot, or a later attempt: more
// than its interval or 10 seconds, whichever is less.
func (r *Runner) TooLate(d Due) bool {
	return r.Late(d) > time.Duration(d.entry.late)*time.Millisecond
}
