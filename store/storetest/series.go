package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// incidents are runs of slots that are down.
func incidents(t *testing.T, s store.Store) {
	retried, gaveUp := up("shop", "ber1", 6), down("shop", "ber1", 3)
	retried.Attempt, gaveUp.Attempt = 2, 2
	gaveUp.Error = &data.Error{Kind: data.ErrRefused, Phase: "connect", Message: "refused"}
	m := model{}
	keep := func(events ...data.Event) {
		save(t, s, events...)
		m.save(events)
		for _, q := range []store.Query{{}, {Location: "ber1"}, {To: at(3)}, {From: at(5)}, {From: at(4), To: at(5)}, {From: at(6)}, {Limit: 1}} {
			q.Monitor = "shop"
			same(t, "incidents", incidentTexts(list(t, q, s.Incidents)), incidentTexts(m.incidents(q)))
		}
	}
	keep(registration("shop", "ber1", 0), registration("shop", "ham1", 0))
	keep(up("shop", "ber1", 2), down("shop", "ber1", 3), gaveUp, down("shop", "ber1", 5), gap("shop", "ber1", 4, 4, data.Overload))
	keep(down("shop", "ber1", 6), down("shop", "ham1", 3))
	keep(retried) // so that what lasted has ended, one slot earlier
	keep(down("shop", "ber1", 7), up("shop", "ber1", 8), down("shop", "ber1", 9))
	keep(up("shop", "ber1", 4)) // in the midst of the first
	got, err := s.Incidents(t.Context(), store.Query{Monitor: "shop", Location: "ber1"})
	if err != nil || len(got.Items) != 4 {
		t.Fatalf("got %+v, %v", got, err)
	}
	first := got.Items[3]
	if first.From != at(3) || first.Last != at(3) || first.To != at(4) || first.Down != 1 || first.Cause == nil || first.Cause.Message != "refused" {
		t.Errorf("the first is %+v, want one slot, which the second attempt decided", first)
	}
	if now := got.Items[0]; !now.To.IsZero() || now.From != at(9) {
		t.Errorf("the last is %+v, want it to last", now)
	}
}

// minutes and what they add up to.
func series(t *testing.T, s store.Store) {
	hour := time.Date(2026, 9, 21, 13, 0, 0, 0, time.UTC)
	n := int(hour.Sub(at(0)) / (10 * time.Second)) // at(n) is at the hour
	failed := down("shop", "ber1", n+2)
	failed.Phases.Total = data.SpanOf(time.Hour)
	save(t, s, up("shop", "ber1", n), up("shop", "ber1", n+1), failed, gap("shop", "ber1", n+1, n+7, data.Stopped), up("shop", "ham1", n), gap("shop", "ber1", n-1, n-1, data.Clock))
	roll(t, s)
	for step, want := range map[time.Duration][]string{
		store.Minute: {"-1m0s 0/0/1", "0s 3/1/3", "1m0s 0/0/2"},
		store.Hour:   {"-1h0m0s 0/0/1", "0s 3/1/5"},
		store.Day:    {"-13h0m0s 3/1/6"},
	} {
		got, err := s.Series(t.Context(), store.SeriesQuery{Monitor: "shop", From: hour.Add(-time.Millisecond), To: hour.Add(2 * time.Minute), Step: step})
		if err != nil {
			t.Fatal(err)
		}
		same(t, step.String(), countTexts(hour, got.Buckets), want)
	}
	got, err := s.Series(t.Context(), store.SeriesQuery{Monitor: "shop", Location: "ber1", From: hour, To: hour.Add(time.Minute), Step: store.Minute})
	if err != nil || len(got.Buckets) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	b := got.Buckets[0]
	if b.Total.Count != 2 || b.Total.Max != 2*time.Millisecond || b.Total.Sum != 4*time.Millisecond || b.Errors[data.ErrTimeout] != 1 || b.Phases[4].Count != 2 || b.Phases[0].Count != 0 {
		t.Errorf("got %+v; what is down has no latency, and what was not measured does not count", b)
	}
	if p := b.Total.Histogram.Quantile(0.99); p < 1960*time.Microsecond || p > 2040*time.Microsecond {
		t.Errorf("p99 is %v, want 2 ms within 2 %%", p)
	}
	empty, err := s.Series(t.Context(), store.SeriesQuery{Monitor: "shop", From: hour, To: hour, Step: store.Hour})
	if err != nil || len(empty.Buckets) != 0 {
		t.Errorf("of an empty range: got %+v, %v", empty, err)
	}
}

func countTexts(from time.Time, list []store.Bucket) (lines []string) {
	for _, b := range list {
		lines = append(lines, fmt.Sprintf("%v %d/%d/%d", b.From.Sub(from), b.Up, b.Down, b.Missed()))
	}
	return lines
}

// steps that no series has, and too many buckets, get a clear answer.
func steps(t *testing.T, s store.Store) {
	save(t, s, up("shop", "ber1", 0))
	year := store.SeriesQuery{Monitor: "shop", From: at(0), To: at(0).Add(365 * store.Day)}
	for _, step := range []time.Duration{0, -time.Minute, time.Millisecond, 1500 * time.Millisecond, 7 * time.Second, 90 * time.Second, 7 * time.Minute, 90 * time.Minute, 5 * time.Hour, 25 * time.Hour} {
		year.Step = step
		if _, err := s.Series(t.Context(), year); !errors.Is(err, store.ErrStep) || !strings.Contains(err.Error(), "divide") {
			t.Errorf("a step of %v: got %v, want ErrStep", step, err)
		}
		if _, err := s.Strips(t.Context(), store.StripQuery{Keys: []store.Key{{Monitor: "shop", Location: "ber1"}}, From: at(0), To: at(9), Step: step}); !errors.Is(err, store.ErrStep) {
			t.Errorf("strips with a step of %v: got %v, want ErrStep", step, err)
		}
	}
	year.Step = time.Second
	if _, err := s.Series(t.Context(), year); !errors.Is(err, store.ErrStep) || !strings.Contains(err.Error(), "2h") {
		t.Errorf("a year of seconds: got %v, want ErrStep and the shortest step that will do", err)
	}
	roll(t, s)
	year.Step = 2 * time.Hour
	if got, err := s.Series(t.Context(), year); err != nil || len(got.Buckets) != 1 {
		t.Errorf("a year of two hours: got %+v, %v", got, err)
	}
	if _, err := s.Strips(t.Context(), store.StripQuery{Keys: make([]store.Key, store.MaxLimit+1), From: at(0), To: at(9), Step: store.Day}); err == nil {
		t.Error("strips of more than there may be: no error")
	}
}
