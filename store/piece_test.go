package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/monitorink/monitorink/store"
)

func TestPiecesAreFew(t *testing.T) {
	at := func(s string) time.Time {
		u, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	since := store.Since{Raw: at("2026-11-20 00:00:00"), Minute: at("2026-11-18 00:00:00"), Hour: at("2026-10-01 00:00:00"), Day: at("2026-01-01 00:00:00")}
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"2026-11-20 10:00:00", "2026-11-21 11:11:11", []string{"0s 20 10:00:00 21 11:11:11"}},
		{"2026-11-18 22:58:30", "2026-11-20 00:00:10", []string{"1m0s 18 22:59:00 18 23:00:00", "1h0m0s 18 23:00:00 19 00:00:00", "24h0m0s 19 00:00:00 20 00:00:00", "0s 20 00:00:00 20 00:00:10"}},
		{"2026-11-18 22:58:30", "2026-11-18 22:59:30", []string{"1m0s 18 22:59:00 18 23:00:00"}},
		{"2026-11-10 22:58:30", "2026-11-12 01:30:00", []string{"1h0m0s 10 23:00:00 11 00:00:00", "24h0m0s 11 00:00:00 12 00:00:00", "1h0m0s 12 00:00:00 12 02:00:00"}},
		{"2026-11-10 22:10:00", "2026-11-10 22:50:00", nil},
		{"2026-03-10 10:00:00", "2026-03-12 10:00:00", []string{"24h0m0s 11 00:00:00 13 00:00:00"}},
	} {
		var got []string
		for _, p := range since.Pieces(at(c.from), at(c.to)) {
			got = append(got, fmt.Sprint(p.Tier, p.From.Format(" 02 15:04:05"), p.To.Format(" 02 15:04:05")))
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("from %s to %s: got %q, want %q", c.from, c.to, got, c.want)
		}
	}
	all := since.Pieces(time.Time{}, time.Time{})
	if len(all) != 2 || all[0].Tier != store.Day || !all[0].To.Equal(since.Raw) || all[1].Tier != 0 || !all[1].To.IsZero() {
		t.Errorf("of everything: %v", all)
	}
	if all := (store.Since{}).Pieces(time.Time{}, midnight); len(all) != 1 || all[0].Tier != 0 {
		t.Errorf("where nothing has expired: %v", all)
	}
}

// Each minute belongs to one of two ranges that meet, wherever they do.
func TestPiecesOfRangesThatMeetAddUp(t *testing.T) {
	r := random(t)
	for range 2000 {
		instant := func() time.Time { return midnight.Add(time.Duration(r.Int64N(int64(10 * store.Day)))) }
		since := store.Since{Raw: store.Ceil(instant(), store.Minute)}
		since.Minute = store.Ceil(before(r, since.Raw), store.Minute)
		since.Hour = store.Ceil(before(r, since.Minute), store.Hour)
		since.Day = store.Ceil(before(r, since.Hour), store.Day)
		a, b, c := instant(), instant(), instant()
		if b.Before(a) {
			a, b = b, a
		}
		if c.Before(b) {
			b, c = c, b
		}
		if b.Before(a) {
			a, b = b, a
		}
		if ab, bc, ac := minutes(since, a, b), minutes(since, b, c), minutes(since, a, c); ab+bc != ac {
			t.Fatalf("%+v: from %v to %v are %v, to %v %v, and from the one to the other %v", since, a, b, ab, c, bc, ac)
		}
		// Without expiry, they are the minutes that begin in the range.
		from, to := store.Ceil(a, store.Minute), store.Ceil(b, store.Minute)
		if got := minutes(store.Since{Raw: midnight.Add(20 * store.Day)}, a, b); got != to.Sub(from) {
			t.Fatalf("from %v to %v are %v, want %v", a, b, got, to.Sub(from))
		}
	}
}

func before(r *rand.Rand, t time.Time) time.Time {
	return t.Add(-time.Duration(r.Int64N(int64(3 * store.Day))))
}

// minutes is how much the buckets of a range hold.
func minutes(s store.Since, from, to time.Time) (sum time.Duration) {
	for _, p := range s.Pieces(from, to) {
		if p.Tier == 0 {
			sum += p.To.Sub(p.From)
			continue
		}
		for at := p.From; at.Before(p.To); at = at.Add(p.Tier) {
			if !at.Equal(store.Floor(at, p.Tier)) {
				panic(fmt.Sprint("no bucket begins at ", at))
			}
			end := at.Add(p.Tier)
			if end.After(s.Raw) {
				end = s.Raw // what begins there is not in it yet
			}
			sum += end.Sub(at)
		}
	}
	return sum
}
