package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

// lagQuery counts in the oldest rows only: how many more there are does not matter then.
const lagQuery = `
select coalesce(sum(n), 0)::bigint, min(due) from (
  (select cardinality(series) as n, due from rollup_touched where due <= $1 order by due limit 10000)
  union all
  (select 1, due from rollup_stale where tier = 'hour' and due <= $1 order by due limit 100000)
  union all
  (select 1, due from rollup_stale where tier = 'day' and due <= $1 order by due limit 100000)
) x`

// Lag says what is due and not rolled up; a bucket counts for each batch that
// touched it.
func (s *Store) Lag(ctx context.Context) (lag store.Lag, err error) {
	err = s.read(ctx, "read how far the rollups are", func(ctx context.Context, tx pgx.Tx) error {
		now := s.o.Now()
		var since *time.Time
		if err := tx.QueryRow(ctx, lagQuery, now).Scan(&lag.Pending, &since); err != nil {
			return err
		}
		if since != nil {
			lag.Age = max(now.Sub(*since), 0)
		}
		return nil
	})
	return lag, err
}
