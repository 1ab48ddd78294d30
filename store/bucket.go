package store

import (
	"time"

	"github.com/monitorink/monitorink/data"
)

// The tiers that rollups are kept in: a bucket of a tier begins at a whole multiple
// of its length since the Unix epoch, in UTC.
const (
	Minute = time.Minute
	Hour   = time.Hour
	Day    = 24 * time.Hour
)

// A Bucket says what became of a monitor's slots that are scheduled from From on,
// for the length of a step. Each slot counts once, as in a [Summary].
type Bucket struct {
	From     time.Time
	Up, Down int64
	Gaps     map[data.Reason]int64    // slots that were not measured; nil: none
	Errors   map[data.ErrorKind]int64 // of the slots that are down; nil: none
	// Of the attempts that decided the slots that are up:
	Total  Latency
	Phases [data.NumPhases]Latency // in the order of data.Phases
}

// A Latency is what many durations have in common. Min, Max and Sum are zero when
// Count is.
type Latency struct {
	Count         int64
	Min, Max, Sum time.Duration
	Histogram     Histogram // empty in strips, as phases are
}

// Add counts d.
func (l *Latency) Add(d time.Duration) { l.add(d, false) }

func (l *Latency) add(d time.Duration, plain bool) {
	if l.Count == 0 || d < l.Min {
		l.Min = d
	}
	l.Max, l.Sum, l.Count = max(l.Max, d), l.Sum+d, l.Count+1
	if !plain {
		l.Histogram.Add(d)
	}
}

// Merge adds what other counts.
func (l *Latency) Merge(other Latency) {
	if other.Count == 0 {
		return
	}
	if l.Count == 0 || other.Min < l.Min {
		l.Min = other.Min
	}
	l.Max, l.Sum, l.Count = max(l.Max, other.Max), l.Sum+other.Sum, l.Count+other.Count
	l.Histogram.Merge(other.Histogram)
}

// Mean is the mean, cut to nanoseconds; 0 without any.
func (l Latency) Mean() time.Duration {
	if l.Count == 0 {
		return 0
	}
	return l.Sum / time.Duration(l.Count)
}

// Missed is the number of slots that were not measured.
func (b *Bucket) Missed() (n int64) {
	for _, m := range b.Gaps {
		n += m
	}
	return n
}

// Merge adds what other counts; From stays.
func (b *Bucket) Merge(other *Bucket) {
	b.Up, b.Down = b.Up+other.Up, b.Down+other.Down
	b.Gaps, b.Errors = sum(b.Gaps, other.Gaps), sum(b.Errors, other.Errors)
	b.Total.Merge(other.Total)
	for i := range b.Phases {
		b.Phases[i].Merge(other.Phases[i])
	}
}

// Plain returns b without histograms and phases. It shares its maps.
func (b *Bucket) Plain() Bucket {
	plain := Bucket{From: b.From, Up: b.Up, Down: b.Down, Gaps: b.Gaps, Errors: b.Errors, Total: b.Total}
	plain.Total.Histogram = Histogram{}
	return plain
}

// sum adds the counts of b to a, which may be nil.
func sum[K comparable](a, b map[K]int64) map[K]int64 {
	if a == nil && len(b) > 0 {
		a = make(map[K]int64, len(b))
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}
