package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/chaos/account"
)

// judge reads the store monitor by monitor, and holds it against what is known.
func (w *world) judge(ctx context.Context) (*account.Verdict, error) {
	db, err := w.servers.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close(context.Background())
	answers := w.target.answers()
	judge := account.New(w.c.life, 10)
	stored, err := column[string](ctx, db, "select distinct monitor from series")
	if err != nil {
		return nil, err
	}
	ids := slices.Collect(maps.Keys(w.book.edits))
	ids = append(ids, stored...)
	slices.Sort(ids)
	end := time.Now()
	for _, id := range slices.Compact(ids) {
		if id == keeper {
			continue
		}
		m := account.Monitor{ID: id, Edits: w.book.edits[id], Answers: answers[id], End: end}
		if err := read(ctx, db, &m); err != nil {
			return nil, fmt.Errorf("read %s: %w", id, err)
		}
		judge.Monitor(m)
	}
	return judge.Verdict(), nil
}

func column[T any](ctx context.Context, db *pgx.Conn, sql string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// read fills in what the store holds of a monitor.
func read(ctx context.Context, db *pgx.Conn, m *account.Monitor) error {
	places, err := column[string](ctx, db, "select location from series where monitor = $1", m.ID)
	if err != nil {
		return err
	}
	m.Locations = len(places)
	rows, err := db.Query(ctx, `select (extract(epoch from scheduled) * 1000)::bigint, (extract(epoch from started) * 1000000)::bigint,
		coalesce(total_us, 0)::bigint, state = 'up', version, url from measurements where monitor = $1 order by scheduled`, m.ID)
	if err != nil {
		return err
	}
	if m.Rows, err = pgx.CollectRows(rows, pgx.RowToStructByPos[account.Row]); err != nil {
		return err
	}
	rows, err = db.Query(ctx, `select (extract(epoch from first_at) * 1000)::bigint, (extract(epoch from last_at) * 1000)::bigint,
		slots, reason::text, version from gaps where monitor = $1`, m.ID)
	if err != nil {
		return err
	}
	if m.Gaps, err = pgx.CollectRows(rows, pgx.RowToStructByPos[account.Gap]); err != nil {
		return err
	}
	rows, err = db.Query(ctx, `select from_at, coalesce(version, ''), removed, coalesce(url, ''), coalesce(every_us, 0), coalesce(timeout_us, 0), paused
		from registrations where monitor = $1`, m.ID)
	if err != nil {
		return err
	}
	m.Registrations, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r account.Registration, err error) {
		var every, timeout int64
		err = row.Scan(&r.From, &r.Version, &r.Removed, &r.URL, &every, &timeout, &r.Paused)
		r.Every, r.Timeout = time.Duration(every)*time.Microsecond, time.Duration(timeout)*time.Microsecond
		return r, err
	})
	return err
}

// answers lists by monitor and URL when the target answered.
func (t *target) answers() map[string]map[string][]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]map[string][]int64{}
	for key, times := range t.log {
		addr, path, _ := strings.Cut(key, "/")
		id, _, _ := strings.Cut(path, "/")
		if all[id] == nil {
			all[id] = map[string][]int64{}
		}
		all[id]["http://"+addr+"/"+path] = times
	}
	return all
}
