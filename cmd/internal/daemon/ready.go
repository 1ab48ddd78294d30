package daemon

import (
	"sync"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/web"
)

// A readiness gathers what keeps a daemon from being ready. Until done it is
// starting.
type readiness struct {
	mu      sync.Mutex
	checks  []func() []web.Problem
	started bool
}

func (r *readiness) add(check func() []web.Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, check)
}

// done says that the start is through.
func (r *readiness) done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
	app.Notify(app.NotifyReady)
}

func (r *readiness) problems() []web.Problem {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []web.Problem
	if !r.started {
		all = append(all, web.Problem{Name: "start", Message: "the daemon is starting"})
	}
	for _, check := range r.checks {
		all = append(all, check()...)
	}
	return all
}
