package spool

import (
	"errors"
	"io/fs"
	"time"

	"github.com/monitorink/monitorink/queue"
)

// A View is what stands in a spool's folder.
type View struct {
	Recovery
	// Oldest and Newest are the times of writing of the first and the last
	// message that are still kept, settled or not; zero: there is none.
	Oldest, Newest time.Time

	s *Spool
}

// Look reads the spool in a folder as Open would, and changes nothing: what is torn
// stays. No process may have the spool open meanwhile. A folder that does not exist
// is an empty spool.
func Look(o Options) (*View, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	v := &View{s: &Spool{o: o}}
	if _, err := o.FS.ReadDir(o.Dir); errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	err := v.s.survey(false, func(r record, at place) {
		v.s.account(r, at)
		if r.typ != typeMessage {
			return
		}
		if v.Newest = r.at.UTC(); v.Oldest.IsZero() {
			v.Oldest = v.Newest
		}
	})
	if err != nil {
		return nil, err
	}
	v.Recovery = v.s.found
	return v, nil
}

// Recovered is the newest checkpoint.
func (v *View) Recovered() (at time.Time, ok bool) { return v.Checkpoint, v.Found }

// Intact is what [Spool.Intact] would be.
func (v *View) Intact() (at time.Time, ok bool) { return v.Recovery.Intact, v.IntactFound }

// Replay hands over what [Spool.Replay] would.
func (v *View) Replay(each func(queue.Message) error) error { return v.s.Replay(each) }
