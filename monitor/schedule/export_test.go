package schedule

import (
	"time"

	"github.com/monitorink/monitorink/data"
)

// Apply makes set all that holds from at on: what has the same version as what holds
// before stays untouched.
func (r *Runner) Apply(at time.Time, set []*data.Registration) error {
	ended, begun := r.differs(set)
	c, err := r.Begin(at, ended, begun)
	if err != nil {
		return err
	}
	c.Commit()
	return nil
}

func (r *Runner) differs(set []*data.Registration) (ended []string, begun []Definition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := make(map[string]bool, len(set))
	for _, reg := range set {
		if e := r.entries[reg.Monitor]; e == nil || e.registration.Version != reg.Version {
			begun = append(begun, Definition{Registration: reg, Host: reg.URL})
		} else if keep[reg.Monitor] { // for Begin to tell of
			begun = append(begun, Definition{Registration: reg, Host: reg.URL}, Definition{Registration: reg, Host: reg.URL})
		}
		keep[reg.Monitor] = true
	}
	for id := range r.entries {
		if !keep[id] {
			ended = append(ended, id)
		}
	}
	return ended, begun
}
