package store_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/monitorink/monitorink/store"
)

func histogramOf(values ...time.Duration) (h store.Histogram) {
	for _, v := range values {
		h.Add(v)
	}
	return h
}

func form(h store.Histogram) string {
	b, _ := h.AppendBinary(nil)
	return string(b)
}

// random returns a source, whose seed is in the log of a test that fails.
func random(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// durations are n of them, spread evenly by their logarithm, from 1 µs to some days.
func durations(r *rand.Rand, n int) []time.Duration {
	values := make([]time.Duration, n)
	for i := range values {
		values[i] = time.Duration(math.Exp(r.Float64()*math.Log(1e12))) * time.Microsecond
	}
	return values
}

func TestQuantilesAreWithinTwoPercent(t *testing.T) {
	r := random(t)
	for _, n := range []int{1, 2, 10, 1000, 100_000} {
		values := durations(r, n)
		h := histogramOf(values...)
		slices.Sort(values)
		for _, q := range []float64{0, 0.001, 0.5, 0.9, 0.95, 0.99, 0.999, 1} {
			want := values[max(0, int(math.Ceil(q*float64(n)))-1)]
			if got := h.Quantile(q); math.Abs(float64(got-want)) > 0.02*float64(want)+1 { // a nanosecond of rounding
				t.Errorf("quantile %v of %d is %v, want %v within 2 %%", q, n, got, want)
			}
		}
	}
	for us := range 10_000 { // every bound of a bin that is a whole number is one of these
		d := time.Duration(us+1) * time.Microsecond
		if got := histogramOf(d).Quantile(0.5); math.Abs(float64(got-d)) > 0.02*float64(d)+1 {
			t.Errorf("of %v alone: %v", d, got)
		}
	}
	if got := (store.Histogram{}).Quantile(0.5); got != 0 {
		t.Errorf("an empty one has a quantile of %v", got)
	}
	for _, d := range []time.Duration{math.MinInt64, 0, 1, math.MaxInt64} {
		if h := histogramOf(d); h.Count() != 1 || h.Quantile(1) < 0 {
			t.Errorf("%v is counted %d times, and has a quantile of %v", d, h.Count(), h.Quantile(1))
		}
	}
}

func TestMergeIsTheUnion(t *testing.T) {
	r := random(t)
	for range 200 {
		a, b := durations(r, r.IntN(50)), durations(r, r.IntN(50))
		whole := histogramOf(append(slices.Clone(a), b...)...)
		ab, ba, other := histogramOf(a...), histogramOf(b...), histogramOf(b...)
		ab.Merge(other)
		ba.Merge(histogramOf(a...))
		if form(ab) != form(whole) || form(ba) != form(whole) {
			t.Fatalf("of %v and %v the merges are %x and %x, want %x", a, b, form(ab), form(ba), form(whole))
		}
		ab.Add(time.Second)
		ab.Merge(whole)
		if form(other) != form(histogramOf(b...)) {
			t.Fatalf("a merge changed what was merged: %v", b)
		}
	}
}

func TestHistogramsKeepTheirForm(t *testing.T) {
	r := random(t)
	for _, n := range []int{0, 1, 10, 10_000} {
		h := histogramOf(durations(r, n)...)
		var back store.Histogram
		if err := back.UnmarshalBinary([]byte(form(h))); err != nil || form(back) != form(h) || back.Count() != int64(n) {
			t.Errorf("%d values come back as %d, %v", n, back.Count(), err)
		}
	}
	// Pinned: rows in databases have this form.
	if got, want := []byte(form(histogramOf(0, time.Microsecond, time.Millisecond, time.Hour))), []byte("\x00\x02\xad\x01\x01\xfa\x02\x01"); !bytes.Equal(got, want) {
		t.Errorf("the form is %x, want %x", got, want)
	}
}

func FuzzHistogramRefusesBadBytes(f *testing.F) {
	f.Add([]byte(form(histogramOf(1, time.Millisecond, time.Hour))))
	f.Add([]byte("\xd8\xd8\x01\x30"))                         // a bin whose value no duration holds
	f.Add([]byte("\x30\xff\xff\xff\xff\xff\xff\xff\xff\x30")) // more than is counted
	f.Add([]byte("\x00"))
	f.Add([]byte("\x00\x00"))
	f.Add([]byte("\x01\x01\x00\x01"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"))
	f.Add([]byte("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h store.Histogram
		if h.UnmarshalBinary(b) != nil {
			return
		}
		var back store.Histogram
		if err := back.UnmarshalBinary([]byte(form(h))); err != nil || form(back) != form(h) {
			t.Errorf("%x is read, and what it is written as is not: %v", b, err)
		}
		if h.Count() < 0 || h.Quantile(0.5) < 0 || h.Quantile(1) < h.Quantile(0) {
			t.Errorf("%x counts %d, from %v to %v", b, h.Count(), h.Quantile(0), h.Quantile(1))
		}
		h.Merge(back)
		h.Add(time.Second)
	})
}

func BenchmarkHistogram(b *testing.B) {
	values := durations(rand.New(rand.NewPCG(1, 1)), 1000)
	for i, v := range values {
		values[i] = 50*time.Millisecond + v%(100*time.Millisecond)
	}
	b.Run("Add", func(b *testing.B) {
		var h store.Histogram
		for i := range b.N {
			h.Add(values[i%1000])
		}
	})
	minute, day := histogramOf(values[:6]...), histogramOf(values...)
	b.Run("Merge", func(b *testing.B) {
		for range b.N {
			day.Merge(minute)
		}
	})
}
