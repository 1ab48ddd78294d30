package main

import (
	"context"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// A side is one of the two that are compared.
type side struct {
	name  string
	start func(topic, letters, group, url string) (*rig.Process, error)
	// saved is how many measurements the last process says it has saved. Nil: it
	// commits each batch at once, and its offsets tell.
	saved func(context.Context) (int64, error)
	turns []turn
}

// A turn is what one side did: all messages into an empty database, and again.
type turn struct {
	rows     float64 // a second, as another connection saw them
	replayed float64 // messages a second, the second time
	usage    rig.Usage
	server   time.Duration // processor time of Postgres; 0: not known
}

func (t turn) String() string {
	return fmt.Sprintf("%.0f rows/s, %.0f replayed, %s of processor time, %d MiB",
		t.rows, t.replayed, t.usage.Processor.Round(time.Millisecond), t.usage.Peak>>20)
}

// A lab is where the turns happen.
type lab struct {
	setup
	kafka          *rig.Kafka
	server         *rig.Postgres
	topic, letters string
}

func (l lab) turn(ctx context.Context, s *side) (turn, error) {
	name, db, drop, err := l.server.Fresh(ctx)
	if err != nil {
		return turn{}, err
	}
	defer drop()
	if err := prepare(ctx, db, l.load); err != nil {
		return turn{}, err
	}
	url, err := rig.In(l.Postgres, name)
	if err != nil {
		return turn{}, err
	}
	l.server.Settle(ctx)
	before, _ := l.server.Processor()
	first, usage, err := l.pass(ctx, s, url, rowsOf(db))
	if err != nil {
		return turn{}, err
	}
	after, known := l.server.Processor()
	t := turn{rows: first.Rate(), usage: usage}
	if known {
		t.server = after - before
	}
	sum, err := checksum(ctx, db)
	if err != nil {
		return turn{}, err
	}
	again, _, err := l.pass(ctx, s, url, nil)
	if err != nil {
		return turn{}, fmt.Errorf("replay: %w", err)
	}
	t.replayed = again.Rate()
	switch now, err := checksum(ctx, db); {
	case err != nil:
		return turn{}, err
	case now != sum:
		return turn{}, fmt.Errorf("the replay changed the tables: %s before, %s after", sum, now)
	}
	return t, nil
}

// pass runs the side with a new group until count gives all messages and the
// group's offsets are at the end. A nil count is how many the side says it saved.
func (l lab) pass(ctx context.Context, s *side, url string, count func(context.Context) (int64, error)) (p rig.Pass, u rig.Usage, err error) {
	group := rig.Name("group")
	process, err := s.start(l.topic, l.letters, group, url)
	if err != nil {
		return p, u, err
	}
	defer l.kafka.DropGroup(group)
	defer process.Kill()
	committed := func(context.Context) (int64, error) { return l.kafka.Committed(group, l.topic) }
	if count == nil {
		count = s.saved
	}
	if count == nil {
		count = committed
	}
	all := int64(l.load.Len())
	if p, err = rig.Watch(ctx, all, process.Alive, count); err != nil {
		return p, u, err
	}
	if _, err = rig.Watch(ctx, all, process.Alive, committed); err != nil {
		return p, u, fmt.Errorf("offsets: %w", err)
	}
	u, err = process.Stop()
	return p, u, err
}
