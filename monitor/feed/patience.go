package feed

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	firstWait = 100 * time.Millisecond // between two tries; it doubles
	lastWait  = 10 * time.Second
	sayAgain  = 30 * time.Second
	lasting   = 2 * time.Second  // after which trouble is told of, however soon after other trouble
	slow      = 10 * time.Second // after which a try that goes on counts as trouble
)

// ErrSlow is what Err gives while a try has been under way for ten seconds.
var ErrSlow = errors.New("no answer for 10 s: it hangs, is overloaded, or waits for somebody's lock")

// A Patience is shared by the goroutines that hand values to one and the same
// place: each tries for as long as it takes, and when one of them succeeds those
// that wait try at once. The zero value is ready.
type Patience struct {
	// Say is told of a failure at first, and then every half minute at most, and of
	// one that lasts even when it follows another; Recovered, of the success after
	// what Say was told. They may be nil.
	Say       func(err error)
	Recovered func()

	mu       sync.Mutex
	err      error // of the last try; nil when that succeeded
	failures int64
	since    time.Time // when the first failure after the last success came, or its slow try began
	said     time.Time
	told     bool          // by Say, and not yet by Recovered
	again    chan struct{} // closed by a success; nil while nobody waits
}

// Err is why the last try failed, or ErrSlow; nil when all is well.
func (p *Patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Failures counts the tries that failed.
func (p *Patience) Failures() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failures
}

// Retry calls try until it returns nil, or until ctx ends, which gives the last
// error.
func (p *Patience) Retry(ctx context.Context, try func() error) error {
	woken := false
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		over := p.watch()
		err := try()
		over()
		if err == nil {
			p.succeeded()
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		again := p.failed(err)
		if woken { // for nothing: what fails is this value, so that it waits now
			again, woken = nil, false
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-again:
			t.Stop()
			woken = true
		case <-ctx.Done():
			t.Stop()
			return err
		}
	}
}

func (p *Patience) failed(err error) (again <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures++
	p.tell(err, time.Now())
	if p.again == nil {
		p.again = make(chan struct{})
	}
	return p.again
}

// tell is told of trouble that began at since. It needs p.mu.
func (p *Patience) tell(err error, since time.Time) {
	if p.err == nil {
		p.since = since
	}
	p.err = err
	now := time.Now()
	if p.Say != nil && (now.Sub(p.said) >= sayAgain || !p.told && now.Sub(p.since) >= lasting) {
		p.said, p.told = now, true
		p.Say(err)
	}
}

// watch tells of a try that is slow, until over is called.
func (p *Patience) watch() (over func()) {
	ended, began := false, time.Now()
	t := time.AfterFunc(slow, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !ended {
			p.tell(ErrSlow, began)
		}
	})
	return func() {
		t.Stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		ended = true
	}
}

func (p *Patience) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.again != nil {
		close(p.again)
		p.again = nil
	}
	if p.told && p.Recovered != nil {
		p.Recovered()
	}
	p.err, p.told = nil, false
}
