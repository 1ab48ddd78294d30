package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// replay stops the collectors, lets their group begin at the start of the topic, and
// starts them again.
func (w *world) replay(ctx context.Context) error {
	var all sync.WaitGroup
	for _, c := range w.collectors {
		c.Lock()
		defer c.Unlock()
		all.Go(func() { w.failed(c.p.term()) })
	}
	all.Wait()
	// One that was killed counts as a member for some more seconds, and the broker
	// may be away.
	err := until(ctx, 40*time.Second, "the group's offsets are reset", func() (bool, error) {
		out, err := w.servers.script("kafka.sh", "groups", "--group", group, "--topic", topic, "--reset-offsets", "--to-earliest", "--execute")
		if err == nil && strings.Contains(out, "Error") {
			err = errors.New(out)
		}
		return err == nil, err
	}, nil)
	for _, c := range w.collectors {
		err = errors.Join(err, c.start())
	}
	return err
}

// replayAll replays what is drained, and holds the store against what it was. Nothing
// writes to the topic any more.
func (w *world) replayAll(ctx context.Context) error {
	if err := emptied(ctx, "the store has what heartbeat said last", w.behind); err != nil {
		return err
	}
	db, err := w.servers.connect(ctx)
	if err != nil {
		return err
	}
	defer db.Close(context.Background())
	if err := remember(ctx, db); err != nil {
		return err
	}
	if err := w.replay(ctx); err != nil {
		return err
	}
	if n, err := w.behind(); err == nil && n == 0 {
		w.failed(errors.New("the replay at the end had nothing to replay"))
	}
	if err := emptied(ctx, "everything is replayed", w.behind); err != nil {
		return err
	}
	changes, err := changed(ctx, db)
	if len(changes) > 0 {
		w.failed(fmt.Errorf("a replay changed the store:\n%s", strings.Join(changes, "\n")))
	}
	w.say("replayed")
	return err
}

// tables are those of the store.
var tables = []string{"series", "profile", "measurement", "gap", "registration"}

// remember copies the store's tables, for changed to compare with.
func remember(ctx context.Context, db *pgx.Conn) error {
	for _, table := range tables {
		sql := fmt.Sprintf("create temporary table before_%s as select t::text as line from %[1]s t", table)
		if _, err := db.Exec(ctx, sql); err != nil {
			return fmt.Errorf("remember %s: %w", table, err)
		}
	}
	return nil
}

// changed says of each table how many rows are gone and how many are new since
// remember, and shows some: a new one with the transaction that wrote it and the
// monitor that its series is of.
func changed(ctx context.Context, db *pgx.Conn) (changes []string, err error) {
	for _, table := range tables {
		monitor := "(select monitor from series s where s.id = t.series)"
		switch table {
		case "series":
			monitor = "t.monitor"
		case "profile":
			monitor = "'of any'"
		}
		gone := fmt.Sprintf("select b.line from before_%[1]s b where not exists (select from %[1]s t where t::text = b.line)", table)
		fresh := fmt.Sprintf(`select format('%%s, transaction %%s, monitor %%s', t::text, t.xmin, coalesce(%[2]s, 'unknown: there is no such series'))
			from %[1]s t where not exists (select from before_%[1]s b where b.line = t::text)`, table, monitor)
		for _, sql := range []string{gone, fresh} {
			rows, err := column[string](ctx, db, sql)
			if err != nil {
				return changes, fmt.Errorf("compare %s: %w", table, err)
			}
			if len(rows) > 0 {
				what := "new"
				if sql == gone {
					what = "gone"
				}
				changes = append(changes, fmt.Sprintf("%d rows of %s are %s, such as", len(rows), table, what))
				changes = append(changes, rows[:min(len(rows), 5)]...)
			}
		}
	}
	return changes, nil
}
