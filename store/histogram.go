package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Histogram counts durations by their logarithm: bin i holds those of more than
// growth^(i-1) and at most growth^i microseconds. Its bins are the same everywhere,
// so that histograms are merged by adding counts, exactly, in any order; a quantile
// is off by 2 % at most. The zero value is empty. A copy shares its bins: only one
// of the two may be added to.
//
// This is the fixed-bin form of DDSketch (Masson, Rim and Lee, VLDB 2019) without
// its collapsing, which is not needed: from 1 µs to an hour there are 551 bins. A
// t-digest would be smaller, but what it answers depends on the order in which it was
// fed and merged, and two stores would not agree; an HDR histogram of like precision
// has more bins, and its error is not even over them.
type Histogram struct {
	bins []bin // sorted by index, counts of more than 0
}

type bin struct {
	index int32
	n     int64
}

// maxCount is the most that a histogram may count when it is read: what float64 holds
// exactly, and far more than there are slots.
const maxCount = 1 << 53

// relative is how far a quantile may be off, growth the ratio of neighbouring bounds.
const (
	relative = 0.02
	growth   = (1 + relative) / (1 - relative)
)

var (
	logGrowth = math.Log(growth)
	lastBin   = binOf(math.MaxInt64)
)

// binOf is the index of the bin of d; what is below a microsecond counts as one.
func binOf(d time.Duration) int32 {
	us := max(d.Microseconds(), 1)
	return int32(math.Ceil(math.Log(float64(us)) / logGrowth))
}

// valueOf is what a bin stands for: the value that is off alike from both its bounds.
func valueOf(index int32) time.Duration {
	us := 2 * math.Pow(growth, float64(index)) / (1 + growth)
	return time.Duration(us * float64(time.Microsecond))
}

// Add counts d.
func (h *Histogram) Add(d time.Duration) {
	index := binOf(d)
	i, found := slices.BinarySearchFunc(h.bins, index, func(b bin, index int32) int { return int(b.index - index) })
	if found {
		h.bins[i].n++
		return
	}
	h.bins = slices.Insert(h.bins, i, bin{index, 1})
}

// Merge adds what other counts, in one pass over both.
func (h *Histogram) Merge(other Histogram) {
	fresh := fresh(h.bins, other.bins)
	if fresh > 0 {
		h.bins = slices.Grow(h.bins, fresh)
	}
	i, bins := len(h.bins)-1, h.bins[:len(h.bins)+fresh]
	at := len(bins) - 1 // from the end, so that nothing is overwritten
	for j := len(other.bins) - 1; j >= 0; at-- {
		switch b := other.bins[j]; {
		case i >= 0 && bins[i].index > b.index:
			bins[at] = bins[i]
			i--
		case i >= 0 && bins[i].index == b.index:
			bins[at] = bin{b.index, bins[i].n + b.n}
			i, j = i-1, j-1
		default:
			bins[at] = b
			j--
		}
	}
	h.bins = bins
}

// fresh is how many bins of b are not among those of a.
func fresh(a, b []bin) (n int) {
	i := 0
	for _, x := range b {
		for i < len(a) && a[i].index < x.index {
			i++
		}
		if i == len(a) || a[i].index != x.index {
			n++
		}
	}
	return n
}

// Count is how many durations were added.
func (h Histogram) Count() (n int64) {
	for _, b := range h.bins {
		n += b.n
	}
	return n
}

// Quantile is the duration that the share q of all do not exceed, within 2 %;
// q is from 0 to 1. An empty histogram has none: 0.
func (h Histogram) Quantile(q float64) time.Duration {
	rank := int64(math.Ceil(q * float64(h.Count())))
	for _, b := range h.bins {
		if rank -= b.n; rank <= 0 {
			return valueOf(b.index)
		}
	}
	return 0
}

// AppendBinary appends the form that is kept: for each bin the step from the index
// of the one before and the count, as varints. It returns no error.
func (h Histogram) AppendBinary(b []byte) ([]byte, error) {
	var last int32
	for _, x := range h.bins {
		b = binary.AppendUvarint(b, uint64(x.index-last))
		b = binary.AppendUvarint(b, uint64(x.n))
		last = x.index
	}
	return b, nil
}

// UnmarshalBinary reads what AppendBinary wrote.
func (h *Histogram) UnmarshalBinary(b []byte) error {
	h.bins = nil
	var index, total uint64
	for first := true; len(b) > 0; first = false {
		step, n := binary.Uvarint(b)
		if n <= 0 || step > uint64(lastBin)-index || !first && step == 0 {
			return fmt.Errorf("a histogram has no bin %d beyond bin %d: its bins are in order, and 0 to %d", step, index, lastBin)
		}
		count, m := binary.Uvarint(b[n:])
		if m <= 0 || count == 0 || count > maxCount-total {
			return fmt.Errorf("a histogram counts %d in bin %d, on top of %d", count, index+step, total)
		}
		index, total = index+step, total+count
		h.bins, b = append(h.bins, bin{int32(index), int64(count)}), b[n+m:]
	}
	return nil
}
