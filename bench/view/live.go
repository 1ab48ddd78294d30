package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/store/postgres"
)

const (
	aimShare  = 25 // percent of collector's and Postgres' processor time
	aimLag    = 5  // s
	aimCaught = 60 // s
)

// live lets measurements come all the time.
func (l *lab) live(ctx context.Context) error {
	db, url, drop, err := l.fresh(ctx)
	if err != nil {
		return err
	}
	defer drop()
	if err := l.know(ctx, url); err != nil {
		return err
	}
	r, err := l.start(url)
	if err != nil {
		return err
	}
	defer r.stop()
	if err := newBrowser(r.address).ready(ctx, r.Alive); err != nil {
		return err
	}
	in := l.ingest(ctx, r.topic)
	defer in.stop()
	w := &watcher{lab: l, running: r, ingest: in, db: db}
	if err := l.rollups(ctx, w); err != nil {
		return err
	}
	if err := l.heard(ctx, w); err != nil {
		return err
	}
	return l.flood(ctx, w)
}

// know saves what monitors there are.
func (l *lab) know(ctx context.Context, url string) error {
	st, err := postgres.Open(postgres.Options{URL: url, MaxConns: 1})
	if err != nil {
		return err
	}
	defer st.Close()
	var events []data.Event
	for n := range l.monitors {
		events = append(events, l.shape.registration(n, time.Now().UTC().Truncate(time.Hour), 10*time.Second))
	}
	_, err = st.Save(ctx, events)
	return err
}

// hold takes the lock that the one collector has that rolls up.
func hold(ctx context.Context, db *pgx.Conn) (release func(context.Context) error, err error) {
	const name = `(hashtext('monitorink rollups'), hashtext(current_schema()))`
	_, err = db.Exec(ctx, `select pg_advisory_lock`+name)
	return func(ctx context.Context) error {
		_, err := db.Exec(ctx, `select pg_advisory_unlock`+name)
		return err
	}, err
}

// A watcher looks at a collector, its database, and what is still on its way.
type watcher struct {
	*lab
	*running
	*ingest
	db *pgx.Conn
}

// A span is what was seen for some time.
type span struct {
	processor, server float64         // seconds of processor time a second
	lags              []time.Duration // of the rollups, ascending
	delays            []time.Duration // of what is published and not saved, ascending
	rate              float64         // saved a second
	resident          int64           // bytes at most
}

// watch looks for d, four times a second.
func (w *watcher) watch(ctx context.Context, d time.Duration) (s span, err error) {
	began := time.Now()
	processor := w.Processor()
	server, _ := w.server.Processor()
	first, err := w.saved(ctx)
	if err != nil {
		return s, err
	}
	last := first
	for n := 0; time.Since(began) < d; n++ {
		if !rig.Pause(ctx, 250*time.Millisecond) {
			return s, ctx.Err()
		}
		lag, err := w.lag(ctx)
		if err != nil {
			return s, err
		}
		s.lags = append(s.lags, lag)
		now, _ := w.Memory()
		s.resident = max(s.resident, now)
		if n%4 == 3 {
			published := w.published.Load()
			if last, err = w.saved(ctx); err != nil {
				return s, err
			}
			s.delays = append(s.delays, time.Duration(max(published-last, 0))*time.Second/time.Duration(w.rate))
		}
	}
	took := time.Since(began).Seconds()
	after, _ := w.server.Processor()
	s.processor, s.server = (w.Processor()-processor).Seconds()/took, (after-server).Seconds()/took
	s.rate = float64(last-first) / took
	s.lags, s.delays = sorted(s.lags), sorted(s.delays)
	return s, w.Alive()
}

// lag is how long the oldest of the rollups is due.
func (w *watcher) lag(ctx context.Context) (time.Duration, error) {
	var seconds float64
	err := w.db.QueryRow(ctx, `select greatest(0, extract(epoch from clock_timestamp() - least((select min(due) from rollup_touched),
		(select min(due) from rollup_stale where tier = 'hour'), (select min(due) from rollup_stale where tier = 'day'))))::float8`).Scan(&seconds)
	return time.Duration(seconds * float64(time.Second)), err
}

// caught waits until nothing is due any more that was published until now.
func (w *watcher) caught(ctx context.Context, from int64) error {
	for range 1200 {
		saved, err := w.saved(ctx)
		if err != nil {
			return err
		}
		lag, err := w.lag(ctx)
		if err != nil {
			return err
		}
		if saved >= from && lag == 0 {
			return nil
		}
		if !rig.Pause(ctx, 250*time.Millisecond) {
			return ctx.Err()
		}
	}
	return fmt.Errorf("the rollups did not catch up in five minutes")
}

// A round is some time without rollups, and a minute with them, which come each minute;
// before the first one all that is made once has been made.
const (
	warm    = 20 * time.Second
	without = 40 * time.Second
	with    = time.Minute
)

// rollups compares what collector and Postgres use without and with rollups, in turns.
func (l *lab) rollups(ctx context.Context, w *watcher) error {
	if !rig.Pause(ctx, warm) {
		return ctx.Err()
	}
	var a, b span
	for range l.rounds {
		release, err := hold(ctx, w.db)
		if err != nil {
			return err
		}
		off, err := w.watch(ctx, without)
		if err != nil {
			return err
		}
		if err := release(ctx); err != nil {
			return err
		}
		if err := w.caught(ctx, 0); err != nil {
			return err
		}
		on, err := w.watch(ctx, with)
		if err != nil {
			return err
		}
		a.add(off, l.rounds)
		b.add(on, l.rounds)
	}
	was, is := a.processor+a.server, b.processor+b.server
	l.table.most(fmt.Sprintf("rollups at %d measurements/s: of the processor time of collector and Postgres", l.rate), 100*(is-was)/is, aimShare, "%",
		fmt.Sprintf("without: collector %.1f, Postgres %.1f %% of a core; with: %.1f, %.1f; %.0f saved/s", 100*a.processor, 100*a.server,
			100*b.processor, 100*b.server, b.rate))
	lags := sorted(b.lags)
	l.table.most("lag of the rollups, p99", at(lags, 0.99).Seconds(), aimLag, "s",
		fmt.Sprintf("p50 %.1f, most %.1f, in %s", at(lags, 0.5).Seconds(), at(lags, 1).Seconds(), time.Duration(l.rounds)*with))
	return nil
}

// add adds one of so many rounds to a mean.
func (s *span) add(one span, of int) {
	n := float64(of)
	s.processor, s.server, s.rate = s.processor+one.processor/n, s.server+one.server/n, s.rate+one.rate/n
	s.lags = append(s.lags, one.lags...)
}

// flood publishes many measurements of three hours ago at once, on top of those of now.
func (l *lab) flood(ctx context.Context, w *watcher) error {
	from := time.Now().UTC().Truncate(time.Hour).Add(-3 * time.Hour)
	began := time.Now()
	err := l.kafka.Fill(ctx, w.topic, l.burst, func(i int) (queue.Message, error) {
		slot, n := i/l.monitors, i%l.monitors
		return queue.Encode(l.shape.measurement(n, from.Add(time.Duration(slot)*10*time.Second+time.Duration(n)*time.Millisecond)))
	})
	if err != nil {
		return err
	}
	filled := time.Since(began)
	if err := w.caught(ctx, w.published.Load()+int64(l.burst)); err != nil {
		return err
	}
	l.table.most(fmt.Sprintf("a burst of %d: all saved and rolled up after", l.burst), time.Since(began).Seconds(), aimCaught, "s",
		fmt.Sprintf("published in %.0f s", filled.Seconds()))
	return nil
}
