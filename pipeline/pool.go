package pipeline

import "sync"

// startPool starts the crew that does the jobs: a fixed number of workers, or as many as are needed.
func startPool[J any](c *crew, m mapping, jobs <-chan J, do func(J)) {
	if m.upTo > 0 {
		d := &dynamic[J]{crew: c, jobs: jobs, do: do, limit: m.upTo, live: 1, idle: 1}
		c.start(1, d.work)
		return
	}
	c.start(m.fixed, func() {
		for j := range jobs {
			do(j)
		}
	})
}

// A dynamic pool always has an idle worker, unless it is at its limit: whoever takes a job and leaves none idle starts
// another worker before working. So there is no dispatcher that a job would have to pass, and no job waits while a
// worker could still be started.
type dynamic[J any] struct {
	crew  *crew
	jobs  <-chan J
	do    func(J)
	limit int

	mu         sync.Mutex // guards what follows
	live, idle int
	taken      int // jobs of this span of them
	most, last int // workers that were busy at once in it, and in the one before
}

// span is how many jobs a dynamic pool remembers how busy it was for, once to twice: jobs
// come in bursts, for each of which the workers of the one before would start anew.
const span = 1000

func (d *dynamic[J]) work() {
	for j := range d.jobs {
		if d.busy() {
			d.crew.start(1, d.work)
		}
		d.do(j)
		if d.surplus() {
			return
		}
	}
}

// busy notes that an idle worker has taken a job, and reports whether it has to start another.
func (d *dynamic[J]) busy() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.idle--
	if d.taken++; d.taken == span {
		d.taken, d.last, d.most = 0, d.most, 0
	}
	d.most = max(d.most, d.live-d.idle)
	if d.idle > 0 || d.live == d.limit {
		return false
	}
	d.live++
	d.idle++
	return true
}

// surplus notes that a worker has done its job, and reports whether it should leave. As many as have been busy at once
// lately may stay, and half of the workers may be idle: if one were enough, nearly each job would start a worker, and
// nearly each would leave.
func (d *dynamic[J]) surplus() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.idle > d.live/2 && d.live > max(d.most, d.last)+1 {
		d.live--
		return true
	}
	d.idle++
	return false
}
