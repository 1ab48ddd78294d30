package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/store"
)

func TestTierIsTheLongestThatAStepIsMadeOf(t *testing.T) {
	for step, want := range map[time.Duration]time.Duration{
		time.Second: 0, 30 * time.Second: 0, store.Minute: store.Minute, 30 * store.Minute: store.Minute,
		store.Hour: store.Hour, 12 * store.Hour: store.Hour, store.Day: store.Day, 7 * store.Day: store.Day,
	} {
		f, tier, err := store.SeriesQuery{From: midnight.Add(time.Millisecond), To: midnight.Add(time.Second), Step: step}.Frame()
		if err != nil || tier != want || f.Len() != 1 && step != 7*store.Day || !f.From.Equal(store.Floor(midnight, step)) {
			t.Errorf("a step of %v is of tier %v in %+v, %v; want %v", step, tier, f, err, want)
		}
	}
	if _, _, err := (store.SeriesQuery{To: midnight, Step: store.Day}).Frame(); err == nil {
		t.Error("a series without from: no error")
	}
	if f, _, err := (store.SeriesQuery{From: midnight, To: midnight.Add(-store.Day), Step: store.Hour}).Frame(); err != nil || f.Len() != 0 {
		t.Errorf("from after to: got %d buckets, %v", f.Len(), err)
	}
}

func TestShortestStepFits(t *testing.T) {
	for length, want := range map[time.Duration]time.Duration{
		0: time.Second, 5000 * time.Second: time.Second, 5001 * time.Second: 2 * time.Second, 80 * time.Hour: store.Minute,
		30 * store.Day: 10 * store.Minute, 365 * store.Day: 2 * store.Hour, 100 * 365 * store.Day: 8 * store.Day,
	} {
		if got := store.ShortestStep(midnight, midnight.Add(length), store.MaxBuckets); got != want {
			t.Errorf("over %v it is %v, want %v", length, got, want)
		}
		q := store.SeriesQuery{From: midnight, To: midnight.Add(length), Step: want}
		if _, _, err := q.Frame(); err != nil {
			t.Errorf("%v over %v: %v", want, length, err)
		}
	}
	if got := store.ShortestStep(time.Unix(-1, 0), time.Unix(1, 0), 0); got != time.Second {
		t.Errorf("across the epoch it is %v", got)
	}
	q := store.SeriesQuery{From: midnight, To: midnight.Add(30 * store.Day), Step: time.Second}
	if _, _, err := q.Frame(); !errors.Is(err, store.ErrStep) || !strings.Contains(err.Error(), "10m0s or more") {
		t.Errorf("got %v", err)
	}
}

func TestStripsAreBounded(t *testing.T) {
	keys := make([]store.Key, 1000)
	q := store.StripQuery{Keys: keys, From: midnight, To: midnight.Add(100 * store.Day), Step: store.Day}
	if f, err := q.Frame(); err != nil || f.Len() != 100 || !f.Plain {
		t.Errorf("a hundred days of a thousand: %+v, %v", f, err)
	}
	q.Step = store.Hour
	if _, err := q.Frame(); !errors.Is(err, store.ErrStep) || !strings.Contains(err.Error(), "fewer monitors") {
		t.Errorf("a hundred days of hours of a thousand: %v", err)
	}
}
