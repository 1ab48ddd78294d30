package store

import (
	"errors"
	"time"

	"github.com/monitorink/monitorink/data"
)

// ErrStep is wrapped when a step is not one that a series can have, or is too
// short for what is asked; its text says which is allowed.
var ErrStep = errors.New("not a step of this series")

// MaxBuckets is the most that a series holds.
const MaxBuckets = 5000

// A Key names a monitor at a location.
type Key struct{ Monitor, Location string }

// A SeriesQuery asks for the buckets of one monitor that begin from From
// (inclusive, brought down to a whole step) to To (exclusive); both are required.
// Step is whole seconds that divide a minute, whole minutes that divide an hour,
// whole hours that divide a day, or whole days.
type SeriesQuery struct {
	Monitor  string
	Location string // empty: all, merged
	From, To time.Time
	Step     time.Duration
}

// A Series is a list of buckets, oldest first; those in which nothing was
// scheduled are left out.
type Series struct {
	Buckets []Bucket
	// Tier is what they were made of: 0 for raw measurements, or Minute, Hour, Day.
	Tier time.Duration
	// Since is the first instant that is still known at this step; zero: all is.
	// What was before has expired.
	Since time.Time
}

// A StripQuery asks for the buckets of many monitors, one for each whole step from
// From, brought down to a whole step, to To. Step is Minute, Hour or Day; there are
// MaxStrips buckets at most.
type StripQuery struct {
	Keys     []Key // at most MaxLimit
	From, To time.Time
	Step     time.Duration
}

// An Incident is a run of slots that are down at one location. Slots that were not
// measured do not end it: nobody saw the target up.
type Incident struct {
	Monitor, Location string
	From              time.Time   // the first slot that is down
	To                time.Time   // the first slot after it that is up; zero: it lasts
	Last              time.Time   // the last slot that is down
	Down              int64       // slots
	Cause             *data.Error // that of the first of them
}

// Changes are what has changed since a cursor.
type Changes struct {
	// Items holds each monitor at a location that changed, once, as it is now.
	Items []MonitorStatus
	Next  string // where to go on
	// Lost says that the cursor is older than what the store remembers: what
	// changed is not known, and everything is to be read again.
	Lost bool
}

// A Lag is how far the rollups are behind what was saved.
type Lag struct {
	Pending int64         // buckets that are to be computed, as far as is known
	Age     time.Duration // since the oldest of them was due; 0: none is
}
