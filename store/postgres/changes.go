package postgres

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

const (
	keepChanges = 15 * time.Minute // in the table, at least
	mostChanges = 20_000           // series at once; more are read as a whole
)

const listChanges = "changes/1"

// A moment is a cursor: the snapshot of the database that its reader has seen. What is
// committed and not in it is new, however long its transaction took.
type moment struct {
	List     string `json:"list"`
	Snapshot string `json:"s"`
}

func (c moment) encode() string {
	b, err := json.Marshal(c)
	if err != nil { // it holds texts
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeMoment(s string) (c moment, err error) {
	if len(s) > longestCursor {
		return c, fmt.Errorf("%d bytes: %w", len(s), store.ErrCursor)
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.List != listChanges || !isSnapshot(c.Snapshot) || c.encode() != s {
		return moment{}, fmt.Errorf("%q: %w", s, store.ErrCursor)
	}
	return c, nil
}

// isSnapshot reports whether the database can read s: the first transaction that was
// under way, the first that had not begun, and those between that were under way.
func isSnapshot(s string) bool {
	part := strings.Split(s, ":")
	if len(part) != 3 {
		return false
	}
	number := func(s string) uint64 { // 0: it is none
		n, err := strconv.ParseUint(s, 10, 63)
		if err != nil {
			return 0
		}
		return n
	}
	at, end := number(part[0]), number(part[1])
	if at == 0 || end < at {
		return false
	}
	if part[2] == "" {
		return true
	}
	for x := range strings.SplitSeq(part[2], ",") {
		n := number(x)
		if n < at || n >= end {
			return false
		}
		at = n
	}
	return true
}

const changedQuery = `
select s.id, s.monitor, s.location
from (
  select distinct unnest(series) as id from change
  where tx >= pg_snapshot_xmin($1::text::pg_snapshot) and not pg_visible_in_snapshot(tx, $1::text::pg_snapshot)
  limit $2
) c
join series s on s.id = c.id
order by s.monitor, s.location`

// Changes returns what was committed since a cursor was given.
func (s *Store) Changes(ctx context.Context, after string) (store.Changes, error) {
	var was moment
	if after != "" {
		var err error
		if was, err = decodeMoment(after); err != nil {
			return store.Changes{}, err
		}
	}
	var changes store.Changes
	err := s.read(ctx, "read changes", func(ctx context.Context, tx pgx.Tx) error {
		now := moment{List: listChanges}
		if err := tx.QueryRow(ctx, `select pg_current_snapshot()::text`).Scan(&now.Snapshot); err != nil {
			return err
		}
		changes.Next = now.encode()
		if after == "" {
			return nil
		}
		if err := tx.QueryRow(ctx, lostQuery, was.Snapshot).Scan(&changes.Lost); err != nil || changes.Lost {
			return err
		}
		rows, err := tx.Query(ctx, changedQuery, was.Snapshot, mostChanges+1)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, knownOf)
		if err != nil {
			return err
		}
		if changes.Lost = len(found) > mostChanges; changes.Lost {
			return nil
		}
		for len(found) > 0 {
			n := min(len(found), store.MaxLimit)
			items, err := s.status(ctx, tx, found[:n])
			if err != nil {
				return err
			}
			changes.Items, found = append(changes.Items, items...), found[n:]
		}
		return nil
	})
	return changes, err
}

// lostQuery tells whether a cursor is of another database's future, or older than the
// last change that was deleted: a row without series stands in its place.
const lostQuery = `
select pg_snapshot_xmax($1::text::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())
  or exists (select from change where tx >= pg_snapshot_xmin($1::text::pg_snapshot) and series = '{}')`

const forgetQuery = `
with gone as (delete from change where tx < $1::text::xid8 returning tx)
insert into change (tx, series) select tx, '{}' from gone order by tx desc limit 1`

// A forgetting remembers which transactions were over a while ago: what they changed,
// every cursor that was given since has seen. When a change was written does not tell
// that, as its transaction may have taken long.
type forgetting struct {
	mu   sync.Mutex
	over string // every transaction below it
	at   time.Time
}

// forgetChanges deletes, once in a while, what no cursor goes back to that is still good.
func (s *Store) forgetChanges(ctx context.Context) error {
	f := &s.forgotten
	f.mu.Lock()
	defer f.mu.Unlock()
	now := s.o.Now()
	if f.over != "" && now.Sub(f.at) < keepChanges {
		return nil
	}
	if f.over != "" {
		if _, err := s.pool.Exec(ctx, forgetQuery, f.over); err != nil {
			return fmt.Errorf("forget old changes: %w", Diagnose(err))
		}
	}
	if err := s.pool.QueryRow(ctx, `select pg_snapshot_xmin(pg_current_snapshot())::text`).Scan(&f.over); err != nil {
		return fmt.Errorf("see which transactions are over: %w", Diagnose(err))
	}
	f.at = now
	return nil
}
