package schedule

import (
	"container/heap"
	"time"
)

// A host is what several monitors probe together, and have to spare. Its slots that
// may not be given yet are held: they keep their places in the order of becoming
// ready, and leave the heap of those that may be given, so that they keep nobody
// waiting. While a host that holds slots has room, the first of them is in that heap.
type host struct {
	running int           // slots given, and not yet done
	next    time.Duration // when the next may be given, by the monotonic clock
	held    shareHeap     // the slots that wait for this host alone
	index   int           // among the hosts that wait for their rate, plus 1; 0: it does not
	used    bool          // by an entry; only forget knows
}

// hosts are the caps that hold for each host, and those hosts that are known.
type hosts struct {
	inFlight int           // 0: any number
	pause    time.Duration // between two slots; 0: none
	slack    time.Duration // how late pauses may be made up for: a window

	all     map[string]*host // nil: nothing is capped
	waiting hostHeap
	count   int64 // slots held so far
}

func newHosts(o Options, window time.Duration) hosts {
	s := hosts{inFlight: o.HostInFlight, slack: window}
	if o.HostRate > 0 {
		s.pause = time.Duration(float64(time.Second) / o.HostRate)
	}
	if s.inFlight > 0 || s.pause > 0 {
		s.all = map[string]*host{}
	}
	return s
}

// named returns the host of a name, nil where there is nothing to cap.
func (s *hosts) named(name string) *host {
	if s.all == nil || name == "" {
		return nil
	}
	h := s.all[name]
	if h == nil {
		h = &host{}
		s.all[name] = h
	}
	return h
}

// forget drops the hosts that no entry has any more.
func (s *hosts) forget(sets ...map[string]*entry) {
	if len(s.all) == 0 {
		return
	}
	for _, set := range sets {
		for _, e := range set {
			if e.host != nil {
				e.host.used = true
			}
		}
	}
	for name, h := range s.all {
		if !h.used && h.running == 0 && len(h.held) == 0 {
			delete(s.all, name)
		}
		h.used = false
	}
}

// full reports whether as many of h's slots run as may.
func (s *hosts) full(h *host) bool { return s.inFlight > 0 && h.running >= s.inFlight }

// room reports whether one of h's slots may be given.
func (s *hosts) room(h *host, now time.Duration) bool { return !s.full(h) && now >= h.next }

// begin enters that one was given.
func (s *hosts) begin(h *host, now time.Duration) {
	h.running++
	if s.pause > 0 {
		h.next = max(h.next, now-s.slack) + s.pause
	}
}

// wait has h looked at again when its rate allows.
func (s *hosts) wait(h *host) {
	if h.index == 0 && len(h.held) > 0 && !s.full(h) {
		heap.Push(&s.waiting, h)
	}
}

// A hostHeap has the host first that may go on first.
type hostHeap []*host

func (h hostHeap) Len() int           { return len(h) }
func (h hostHeap) Less(i, j int) bool { return h[i].next < h[j].next }
func (h hostHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

// Push is part of heap.Interface.
func (h *hostHeap) Push(x any) {
	*h = append(*h, x.(*host))
	x.(*host).index = len(*h)
}

// Pop is part of heap.Interface.
func (h *hostHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	x.index = 0
	return x
}
