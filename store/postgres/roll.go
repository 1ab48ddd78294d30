package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

const (
	rollMinutes = 50_000 // that one transaction rolls up, about
	rollMarks   = 1_000  // rows of rollup_touched that it reads: each is one Save's
	rollHours   = 2_000
	rollDays    = 1_000
	rollPiece   = 5_000 // buckets that one query is about

	// keepMinutes is how long minutes are kept, and a little less than that is how long
	// hours are made of them.
	keepMinutes = 48 * time.Hour

	rollLock = "monitorink rollups" // of who writes them
)

// minutesSince is the first minute that has a bucket: the start of a day.
func (s *Store) minutesSince() time.Time { return store.Floor(s.o.Now().Add(-keepMinutes), store.Day) }

// Roll brings the rollups up to date with all that is due: minutes that are over, and
// at once those that something was added to later; hours from their minutes, days from
// their hours. It may be called by many collectors at once, of which one works: the
// others return, and leave the rest to it. Each transaction does a bounded part, and
// one that does not come to its end has changed nothing.
func (s *Store) Roll(ctx context.Context) error {
	if err := s.forgetChanges(ctx); err != nil {
		return err
	}
	for {
		some, err := s.anyDue(ctx)
		if err != nil || !some {
			return err
		}
		r := roller{Store: s, now: s.o.Now(), made: map[string]bool{}}
		err = s.alone(ctx, rollLock, "roll up", func(tx pgx.Tx) error {
			r.tx = tx
			return r.roll(ctx)
		})
		switch {
		case err == nil:
			s.learn(r.made)
			s.count(Stats{Rolled: r.rolled})
		case errors.Is(err, errElsewhere):
			return nil
		case classify(err) == noPartition:
			s.forgetParts() // somebody dropped it
		default:
			return err
		}
	}
}

func (s *Store) anyDue(ctx context.Context) (some bool, err error) {
	err = s.pool.QueryRow(ctx, `select exists (select from rollup_touched where due <= $1)
		or exists (select from rollup_stale where tier = 'hour' and due <= $1) or exists (select from rollup_stale where tier = 'day' and due <= $1)`, s.o.Now()).Scan(&some)
	if err != nil {
		err = fmt.Errorf("look for what is to be rolled up: %w", Diagnose(err))
	}
	return some, err
}

// A roller rolls up in one transaction.
type roller struct {
	*Store
	tx   pgx.Tx
	now  time.Time
	made map[string]bool // partitions

	rolled int64 // buckets
}

func (r *roller) roll(ctx context.Context) error {
	if err := r.frugal(ctx); err != nil {
		return err
	}
	if err := r.minutes(ctx); err != nil {
		return fmt.Errorf("minutes: %w", err)
	}
	for _, t := range []struct {
		tier  time.Duration
		limit int
	}{{store.Hour, rollHours}, {store.Day, rollDays}} {
		n, err := r.coarser(ctx, t.tier, t.limit)
		if err != nil {
			return fmt.Errorf("%ss: %w", tierName(t.tier), err)
		}
		if n == t.limit {
			break // days are made of hours, which come first
		}
	}
	return nil
}

// frugal keeps the planner from reading whole days, as beginReading does.
func (r *roller) frugal(ctx context.Context) error {
	_, err := r.tx.Exec(ctx, `set local jit = off; set local enable_seqscan = off; set local enable_bitmapscan = off`, pgx.QueryExecModeSimpleProtocol)
	return err
}

// minutes rolls up minutes that are due.
func (r *roller) minutes(ctx context.Context) error {
	t, err := r.touched(ctx)
	if err != nil || len(t.ids) == 0 {
		return err
	}
	since := r.minutesSince()
	if err := r.gapped(ctx, &t, since); err != nil {
		return err
	}
	slots := compact(t.slots)
	var recent []slot
	var hours []slot
	for _, s := range slots {
		if s.from >= since.Unix() {
			recent = append(recent, s)
		}
		hours = append(hours, slot{s.series, store.Floor(s.at(), store.Hour).Unix()})
	}
	if err := r.rollMinutes(ctx, recent); err != nil {
		return err
	}
	if err := r.stale(ctx, store.Hour, compact(hours)); err != nil {
		return err
	}
	_, err = r.tx.Exec(ctx, `delete from rollup_touched where id = any ($1)`, t.ids)
	return err
}

// A touched is what rows of that table tell.
type touched struct {
	ids   []int64
	slots []slot // minutes that were measured in
	gaps  []mark
}

// touched reads what is due, the oldest first, as far as one transaction goes.
func (r *roller) touched(ctx context.Context) (t touched, err error) {
	rows, err := r.tx.Query(ctx, `select id, series, minute, until from rollup_touched where due <= $1 order by due, id limit $2`, r.now, rollMarks)
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() && len(t.slots)+len(t.gaps) < 20*rollMinutes {
		var id int64
		var series, minute, until []int32
		if err := rows.Scan(&id, &series, &minute, &until); err != nil {
			return t, err
		}
		if len(minute) != len(series) || until != nil && len(until) != len(series) {
			return t, fmt.Errorf("row %d of rollup_touched has arrays of different lengths", id)
		}
		t.ids = append(t.ids, id)
		for i := range series {
			if until != nil {
				t.gaps = append(t.gaps, mark{series[i], minute[i], until[i]})
			} else {
				t.slots = append(t.slots, slot{series[i], int64(minute[i]) * 60})
			}
		}
		if len(t.slots) > 2*rollMinutes { // many of which may be the same
			if t.slots = compact(t.slots); len(t.slots) > rollMinutes {
				break
			}
		}
	}
	rows.Close()
	return t, rows.Err()
}

// gapped adds to t the minutes that gaps change: of those that have a bucket. Hours
// and days that have one are stale.
func (r *roller) gapped(ctx context.Context, t *touched, since time.Time) error {
	if len(t.gaps) == 0 {
		return nil
	}
	var series []int32
	var lo, hi []time.Time
	oldest := r.oldest()
	for _, g := range t.gaps {
		series = append(series, g.series)
		lo, hi = append(lo, minuteAt(g.minute)), append(hi, minuteAt(g.until))
	}
	for _, tier := range []time.Duration{store.Minute, store.Hour, store.Day} {
		from := oldest
		if tier == store.Minute {
			from = since
		}
		name := tierName(tier)
		rows, err := r.tx.Query(ctx, `select distinct b.series, b.from_at from unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) as x (id, lo, hi)
			cross join lateral (
				select * from rollup_`+name+` b
				where b.series = x.id and b.from_at > x.lo - interval '1 `+name+`' and b.from_at <= x.hi and b.from_at >= $4
			) b`, series, lo, hi, from)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanSlot)
		if err != nil {
			return err
		}
		if tier == store.Minute {
			t.slots = append(t.slots, found...)
		} else if err := r.stale(ctx, tier, found); err != nil {
			return err
		}
	}
	return nil
}

func scanSlot(row pgx.CollectableRow) (slot, error) {
	var series int32
	var from time.Time
	err := row.Scan(&series, &from)
	return slotOf(series, from), err
}

// compact sorts slots and leaves each once.
func compact(slots []slot) []slot {
	slices.SortFunc(slots, compareSlots)
	return slices.Compact(slots)
}

// rollMinutes makes the buckets of minutes, day by day so that a query is about few
// partitions.
func (r *roller) rollMinutes(ctx context.Context, slots []slot) error {
	slices.SortStableFunc(slots, func(a, b slot) int { return cmp.Compare(a.from/86400, b.from/86400) })
	for len(slots) > 0 {
		n := 1
		for n < min(len(slots), rollPiece) && slots[n].from/86400 == slots[0].from/86400 {
			n++
		}
		buckets, err := fromRaw(ctx, r.tx, slots[:n], store.Minute)
		if err == nil {
			err = r.write(ctx, store.Minute, buckets)
		}
		if err != nil {
			return err
		}
		slots = slots[n:]
	}
	return nil
}

// fromRaw makes buckets of raw rows. Slots are sorted; those without anything measured
// have none.
func fromRaw(ctx context.Context, tx pgx.Tx, slots []slot, tier time.Duration) ([]rolled, error) {
	stretches := stretchesOf(slots, tier)
	all, err := readRaw(ctx, tx, stretches)
	if err != nil {
		return nil, err
	}
	var made []rolled
	for i, s := range stretches {
		for _, b := range store.Rollup(all[i].measurements, all[i].gaps, store.Frame{From: s.from, To: s.to, Step: tier}) {
			if b.Up+b.Down > 0 {
				made = append(made, rolled{s.series, b})
			}
		}
	}
	return made, nil
}

// stretchesOf joins slots that follow one another.
func stretchesOf(slots []slot, tier time.Duration) (all []stretch) {
	for _, s := range slots {
		from := s.at()
		if n := len(all); n > 0 && all[n-1].series == s.series && all[n-1].to.Equal(from) {
			all[n-1].to = from.Add(tier)
			continue
		}
		all = append(all, stretch{s.series, from, from.Add(tier)})
	}
	return all
}

// write puts buckets into the table of their tier, where partitions may be missing.
func (r *roller) write(ctx context.Context, tier time.Duration, buckets []rolled) error {
	if len(buckets) == 0 {
		return nil
	}
	name := tierName(tier)
	for i := range buckets {
		if err := r.part(ctx, name, buckets[i].From); err != nil {
			return err
		}
	}
	if _, err := r.tx.Exec(ctx, fmt.Sprintf(writeSQL, name), writeArgs(buckets)...); err != nil {
		return err
	}
	r.rolled += int64(len(buckets))
	return nil
}

// partForms are how the names of partitions go.
var partForms = map[string]string{"minute": "20060102", "hour": "200601", "day": "2006"}

// part makes the partition that at is in, unless it is known to be there.
func (r *roller) part(ctx context.Context, tier string, at time.Time) error {
	key := tier + at.Format(partForms[tier])
	if r.made[key] || r.hasPart(key) {
		return nil
	}
	if _, err := r.tx.Exec(ctx, `select create_rollup_partition($1, $2)`, tier, at); err != nil {
		return err
	}
	r.made[key] = true // others are told once this is committed
	return nil
}

// stale says that buckets of a tier are to be computed: when they are over.
func (r *roller) stale(ctx context.Context, tier time.Duration, slots []slot) error {
	if len(slots) == 0 {
		return nil
	}
	var series []int32
	var from, at []time.Time
	for _, s := range slots {
		series, from, at = append(series, s.series), append(from, s.at()), append(at, s.at().Add(tier+due))
	}
	_, err := r.tx.Exec(ctx, `insert into rollup_stale (tier, series, from_at, due)
		select $1::text::rollup_tier, series, from_at, greatest(over, least($5, now()))
		from unnest($2::int4[], $3::timestamptz[], $4::timestamptz[]) as t(series, from_at, over)
		on conflict do nothing`, tierName(tier), series, from, at, r.now)
	return err
}
