package store

import (
	"context"
	"errors"
	"time"

	"github.com/monitorink/monitorink/data"
)

var (
	// ErrCursor is wrapped when a cursor is not one that this store gave.
	ErrCursor = errors.New("not a cursor of this store")
	// ErrUnknown is wrapped when no event of a monitor has ever been saved.
	ErrUnknown = errors.New("unknown monitor")
)

// A Store saves and reads.
type Store interface {
	Saver
	Reader
}

// A Saver keeps events. It may be used by several goroutines.
type Saver interface {
	// Save returns a nil error when every event is kept that it does not
	// refuse. Refusals name events that will never do, by index. With an error
	// nothing is promised: save all again.
	Save(ctx context.Context, events []data.Event) ([]Refusal, error)
}

// A Refusal says that the event at Index cannot be kept, and why.
type Refusal struct {
	Index int
	Err   error
}

// A Reader answers. It may be used by several goroutines. What Save has
// acknowledged is seen by every later call. Lists are in the descending order of
// what the method says, then of First and Reason (gaps), and of Location; texts
// compare by their bytes. What is asked of one monitor wraps ErrUnknown when no
// event of it was ever saved, and what is asked with a cursor ErrCursor when
// that is not one of this list.
type Reader interface {
	// Monitors lists monitors in the order of their ids, one entry for each
	// location, from the entry after the cursor on.
	Monitors(ctx context.Context, q MonitorQuery) (Page[MonitorStatus], error)
	// Monitor returns a monitor's entries, one for each location; ErrUnknown
	// when there are none.
	Monitor(ctx context.Context, id string) ([]MonitorStatus, error)
	// Measurements lists a monitor's measurements with Scheduled in the range,
	// newest first; attempts of one slot from the last to the first.
	Measurements(ctx context.Context, q Query) (Page[*data.Measurement], error)
	// Gaps lists a monitor's gaps that overlap the range, newest Last first.
	Gaps(ctx context.Context, q Query) (Page[*data.Gap], error)
	// Registrations lists a monitor's history at all locations, newest From first.
	Registrations(ctx context.Context, q Query) (Page[*data.Registration], error)
	// Summary counts a monitor's slots in the range by what became of them: exactly
	// where measurements are kept, and before that by buckets (see [Since]).
	Summary(ctx context.Context, q Query) (Summary, error)
	// Incidents lists a monitor's runs of down that overlap the range, newest From
	// first, as far back as measurements are kept.
	Incidents(ctx context.Context, q Query) (Page[Incident], error)
	// Series returns a monitor's buckets, from the coarsest tier that will do. What
	// was saved in the last seconds may be missing from it, as Lag tells.
	Series(ctx context.Context, q SeriesQuery) (Series, error)
	// Strips returns the buckets of each key, oldest first, in the order of the
	// keys, without histograms and phases; those of a key that is not known are none.
	Strips(ctx context.Context, q StripQuery) ([][]Bucket, error)
	// Changes returns what changed after a cursor; from the empty one it returns
	// no items, only the cursor of now. What was saved may come a moment after Save,
	// and is never skipped.
	Changes(ctx context.Context, after string) (Changes, error)
	// Lag says how far the rollups are behind.
	Lag(ctx context.Context) (Lag, error)
}

// A Query chooses events of one monitor. A zero From or To is no bound; From is
// inclusive, To exclusive. Limit is the most that a page holds (0: DefaultLimit,
// at most MaxLimit). After is the Next of the page before.
type Query struct {
	Monitor  string
	Location string // empty: all
	From, To time.Time
	Limit    int
	After    string
}

// A MonitorQuery chooses monitors.
type MonitorQuery struct {
	Keys  []Key // these only, those that are not known left out; nil: all
	Limit int
	After string
}

// The bounds of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// A Page is part of a list. Next is empty on the last page.
type Page[T any] struct {
	Items []T
	Next  string
}

// A MonitorStatus is what is known of a monitor at a location now.
type MonitorStatus struct {
	Monitor      string
	Location     string
	Registration *data.Registration // newest From; nil: none came yet
	Last         *data.Measurement  // newest Scheduled, last attempt; nil: none yet
	LastGap      *data.Gap          // newest Last; nil: none
}

// A Summary counts slots, each once. Measured slots that a gap covers count as
// measured only, and of two gaps that cover a slot the one that data.Join keeps
// counts. A slot is up when its last attempt is.
type Summary struct {
	Up, Down int64
	// Gaps holds the slots of gaps by reason. A gap of which only a part counts
	// does so with the slots in that part, as if all of them were spread evenly
	// from First to Last.
	Gaps map[data.Reason]int64
	// Of the total times of slots that are up; zero without any.
	Min, Mean, Max time.Duration
}

// Bound returns limit within 1 to MaxLimit, with DefaultLimit for 0 or less.
func Bound(limit int) int {
	if limit <= 0 {
		return DefaultLimit
	}
	return min(limit, MaxLimit)
}
