package postgres

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/store"
)

const (
	keepChanges = 15 * time.Minute // in the table
	oldestSeen  = 10 * time.Minute // of a cursor that is still good
	mostChanges = 20_000           // series at once; more are read as a whole
)

const listChanges = "changes/1"

// A moment is a cursor: the snapshot of the database that its reader has seen, and when
// that was taken by the server's clock. What is committed and not in it is new,
// however long its transaction took.
type moment struct {
	List     string `json:"list"`
	At       int64  `json:"t"` // microseconds since 1970
	Snapshot string `json:"s"`
}

var snapshotForm = regexp.MustCompile(`^\d{1,19}:\d{1,19}:[\d,]*$`)

func (c moment) encode() string {
	b, err := json.Marshal(c)
	if err != nil { // it holds texts and numbers
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
	if err != nil || c.List != listChanges || !snapshotForm.MatchString(c.Snapshot) || c.encode() != s {
		return moment{}, fmt.Errorf("%q: %w", s, store.ErrCursor)
	}
	return c, nil
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
	err := s.read(ctx, "read changes", func(tx pgx.Tx) error {
		now := moment{List: listChanges}
		var ahead bool
		var old time.Time
		if err := tx.QueryRow(ctx, `select pg_current_snapshot()::text, (extract(epoch from now()) * 1000000)::bigint, now() - $1::interval,
			$2 <> '' and pg_snapshot_xmax(nullif($2, '')::pg_snapshot) > pg_snapshot_xmax(pg_current_snapshot())`,
			oldestSeen, was.Snapshot).Scan(&now.Snapshot, &now.At, &old, &ahead); err != nil {
			return err
		}
		changes.Next = now.encode()
		if after == "" {
			return nil
		}
		if changes.Lost = ahead || was.At < old.UnixMicro(); changes.Lost {
			return nil
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

// forgetChanges deletes, once in a while, what no cursor goes back to.
func (s *Store) forgetChanges(ctx context.Context) error {
	last, now := s.forgot.Load(), s.o.Now().Unix()
	if now-last < 60 || !s.forgot.CompareAndSwap(last, now) {
		return nil
	}
	if _, err := s.pool.Exec(ctx, `delete from change where at < now() - $1::interval`, keepChanges); err != nil {
		return fmt.Errorf("forget old changes: %w", Diagnose(err))
	}
	return nil
}
