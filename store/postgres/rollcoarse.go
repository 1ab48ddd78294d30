package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// rawHours is how many hours of raw rows are read at once.
const rawHours = 50

// coarser rolls up hours or days that are due, limit of them at most, and says how
// many there were.
func (r *roller) coarser(ctx context.Context, tier time.Duration, limit int) (int, error) {
	name := tierName(tier)
	rows, err := r.tx.Query(ctx, `select series, from_at from rollup_stale where tier = $1::text::rollup_tier and due <= $2 order by due limit $3`, name, r.now, limit)
	if err != nil {
		return 0, err
	}
	slots, err := pgx.CollectRows(rows, scanSlot)
	if err != nil || len(slots) == 0 {
		return 0, err
	}
	slots = compact(slots)
	if err := r.rollCoarser(ctx, tier, slots); err != nil {
		return 0, err
	}
	var series []int32
	var from []time.Time
	for _, s := range slots {
		series, from = append(series, s.series), append(from, s.at())
	}
	_, err = r.tx.Exec(ctx, `delete from rollup_stale s using unnest($2::int4[], $3::timestamptz[]) as t(series, from_at)
		where s.tier = $1::text::rollup_tier and s.series = t.series and s.from_at = t.from_at`, name, series, from)
	return len(slots), err
}

func (r *roller) rollCoarser(ctx context.Context, tier time.Duration, slots []slot) error {
	var made, late []slot
	// An hour more than they are sure to be kept, so that nobody drops them meanwhile.
	since := r.minutesSince().Add(time.Hour).Unix()
	for _, s := range slots {
		if tier == store.Hour && s.from < since {
			late = append(late, s)
		} else {
			made = append(made, s)
		}
	}
	buckets, err := r.addUp(ctx, tier, made)
	if err != nil {
		return err
	}
	if err := r.write(ctx, tier, buckets); err != nil {
		return err
	}
	for len(late) > 0 {
		n := min(len(late), rawHours)
		buckets, err := fromRaw(ctx, r.tx, late[:n], tier)
		if err == nil {
			err = r.write(ctx, tier, buckets)
		}
		if err != nil {
			return err
		}
		late = late[n:]
	}
	if tier == store.Day {
		return nil
	}
	var days []slot
	for _, s := range slots {
		days = append(days, slot{s.series, store.Floor(s.at(), store.Day).Unix()})
	}
	return r.stale(ctx, store.Day, compact(days))
}

// addUp makes buckets of those of the next finer tier, and of gaps where there is none.
func (r *roller) addUp(ctx context.Context, tier time.Duration, slots []slot) ([]rolled, error) {
	if len(slots) == 0 {
		return nil, nil
	}
	stretches := make([]stretch, len(slots))
	for i, s := range slots {
		stretches[i] = stretch{s.series, s.at(), s.at().Add(tier)}
	}
	step := finer(tier)
	lists, err := readBuckets(ctx, r.tx, step, stretches, false)
	if err != nil {
		return nil, err
	}
	gaps, err := readGaps(ctx, r.tx, stretches)
	if err != nil {
		return nil, err
	}
	var made []rolled
	for i, s := range stretches {
		if len(lists[i]) == 0 {
			continue // nothing was measured, or all of it has expired
		}
		all := fill(lists[i], gaps[i].gaps, store.Frame{From: s.from, To: s.to, Step: step})
		for _, b := range store.Coarsen(tier, all) {
			made = append(made, rolled{s.series, b})
		}
	}
	return made, nil
}

// finer is the tier that another is made of.
func finer(tier time.Duration) time.Duration {
	if tier == store.Day {
		return store.Hour
	}
	return store.Minute
}
