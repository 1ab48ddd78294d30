package store

import "time"

// A Piece is a part of a range, and the tier that answers for it: 0 for raw
// measurements, or Minute, Hour or Day.
type Piece struct {
	Tier     time.Duration
	From, To time.Time
}

// A Since says from when on each tier is complete; zero: from the beginning on.
// Raw is a whole minute, the others are whole buckets of theirs.
type Since struct{ Raw, Minute, Hour, Day time.Time }

// Pieces cuts the range from from to to, either of which may be zero, into what raw
// measurements answer exactly and, before that, the longest buckets that fit, with
// shorter ones at the edges, so that there are few. Where shorter ones have expired, a
// bucket belongs to the range that it begins in. Pieces come oldest first.
func (s Since) Pieces(from, to time.Time) (pieces []Piece) {
	if from.Before(s.Raw) {
		end := s.Raw
		if !to.IsZero() && to.Before(end) {
			end = Ceil(to, Minute)
		}
		begin := Ceil(later(from, time.UnixMilli(0)), Minute) // there are no slots before
		pieces = s.cut(nil, Day, begin, end)
	}
	if from = later(from, s.Raw); to.IsZero() || from.Before(to) {
		pieces = append(pieces, Piece{0, from, to})
	}
	return pieces
}

// cut appends the pieces of whole minutes from from to to, none longer than tier.
func (s Since) cut(pieces []Piece, tier time.Duration, from, to time.Time) []Piece {
	if !from.Before(to) {
		return pieces
	}
	finer, since := Minute, s.Minute
	switch tier {
	case Minute:
		return append(pieces, Piece{Minute, from, to})
	case Day:
		finer, since = Hour, s.Hour
	}
	lo, hi := Ceil(from, tier), Floor(to, tier)
	if from.Before(lo) && !Floor(from, tier).Before(since) {
		pieces = s.cut(pieces, finer, from, earlier(lo, to))
	}
	if hi.Before(lo) { // all within one bucket, which began before
		return pieces
	}
	split := !hi.Before(since) // the last bucket, of which only a part is in the range
	if !split && hi.Before(to) {
		hi = hi.Add(tier)
	}
	if lo.Before(hi) {
		pieces = append(pieces, Piece{tier, lo, hi})
	}
	if split {
		pieces = s.cut(pieces, finer, hi, to)
	}
	return pieces
}
