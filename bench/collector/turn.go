package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// A side is one of the two that are compared.
type side struct {
	name  string
	start func(topic, letters, group, url string) (*rig.Process, error)
	turns []turn
}

// A turn is what one side did: all messages into an empty database, and again.
type turn struct {
	rows      float64 // a second, as another connection saw them
	committed float64 // messages a second, by the group's offsets
	replayed  float64 // likewise, the second time
	usage     rig.Usage
	server    time.Duration // processor time of Postgres; 0: not known
}

func (t turn) String() string {
	return fmt.Sprintf("%.0f rows/s, %.0f messages/s committed, %.0f replayed, %s, %d MiB",
		t.rows, t.committed, t.replayed, t.usage.Processor.Round(time.Millisecond), t.usage.Peak>>20)
}

// A lab is where the turns happen.
type lab struct {
	setup
	kafka          *rig.Kafka
	postgres       *rig.Postgres
	topic, letters string
}

func (l lab) turn(ctx context.Context, s *side) (turn, error) {
	name, db, drop, err := l.postgres.Fresh(ctx)
	if err != nil {
		return turn{}, err
	}
	defer drop()
	if err := prepare(ctx, db, l.load); err != nil {
		return turn{}, err
	}
	url, err := rig.In(l.url, name)
	if err != nil {
		return turn{}, err
	}
	l.postgres.Settle(ctx)
	before, _ := l.postgres.Processor()
	first, err := l.pass(ctx, s, url, db)
	if err != nil {
		return turn{}, err
	}
	after, known := l.postgres.Processor()
	t := turn{rows: first.rows.Rate(), committed: first.committed.Rate(), usage: first.usage}
	if known {
		t.server = after - before
	}
	sum, err := checksum(ctx, db)
	if err != nil {
		return turn{}, err
	}
	again, err := l.pass(ctx, s, url, nil)
	if err != nil {
		return turn{}, fmt.Errorf("replay: %w", err)
	}
	t.replayed = again.committed.Rate()
	switch now, err := checksum(ctx, db); {
	case err != nil:
		return turn{}, err
	case now != sum:
		return turn{}, fmt.Errorf("the replay changed the tables: %s before, %s after", sum, now)
	}
	return t, nil
}

// A pass is one reading of the whole topic.
type pass struct {
	rows, committed rig.Pass
	usage           rig.Usage
}

// pass runs the side with a new group until its offsets are at the end, and with
// db until all rows are there as well.
func (l lab) pass(ctx context.Context, s *side, url string, db *pgx.Conn) (pass, error) {
	group := rig.Name("group")
	p, err := s.start(l.topic, l.letters, group, url)
	if err != nil {
		return pass{}, err
	}
	defer l.kafka.DropGroup(group)
	defer p.Kill()
	var out pass
	var errRows, errCommitted error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	if db != nil {
		wg.Go(func() {
			if out.rows, errRows = rig.Watch(ctx, int64(l.load.Len()), p.Alive, rowsOf(db)); errRows != nil {
				cancel()
			}
		})
	}
	wg.Go(func() {
		out.committed, errCommitted = rig.Watch(ctx, int64(l.load.Len()), p.Alive, func(context.Context) (int64, error) {
			return l.kafka.Committed(group, l.topic)
		})
		if errCommitted != nil {
			cancel()
		}
	})
	wg.Wait()
	switch {
	case errRows != nil:
		return pass{}, fmt.Errorf("rows: %w", errRows)
	case errCommitted != nil:
		return pass{}, fmt.Errorf("offsets: %w", errCommitted)
	}
	out.usage, err = p.Stop()
	return out, err
}
