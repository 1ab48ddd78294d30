package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/postgres"
)

const (
	atOnce      = 50
	aimOverview = 100 // ms
	aimSlower   = 0.5 // of what each does without the other
)

// read asks for what is in a full database.
func (l *lab) read(ctx context.Context) error {
	db, url, drop, err := l.fresh(ctx)
	if err != nil {
		return err
	}
	defer drop()
	if err := l.fill(ctx, db, url); err != nil {
		return err
	}
	r, err := l.start(url)
	if err != nil {
		return err
	}
	defer r.stop()
	b := newBrowser(r.address)
	if err := b.ready(ctx, r.Alive); err != nil {
		return err
	}
	if err := l.overview(ctx, b, url); err != nil {
		return err
	}
	questions := l.questions(time.Now().UTC())
	for _, q := range questions {
		if err := l.one(ctx, b, q); err != nil {
			return err
		}
	}
	return l.busily(ctx, b, r, questions)
}

// one asks one question again and again.
func (l *lab) one(ctx context.Context, b *browser, q question) error {
	var took []time.Duration
	var bytes int64
	for i := range l.requests {
		a, err := b.get(ctx, q.path(i), "")
		if err != nil {
			return err
		}
		took, bytes = append(took, a.took), bytes+a.bytes
	}
	l.tell(q.name, took, bytes/int64(len(took)), q.most)
	return nil
}

// tell adds the times of a question.
func (l *lab) tell(name string, took []time.Duration, bytes int64, most float64) {
	took = sorted(took)
	more := fmt.Sprintf("p50 %.1f, most %.1f, %.1f kB", ms(at(took, 0.5)), ms(at(took, 1)), float64(bytes)/1e3)
	if most == 0 {
		l.table.note(name+", p95", fmt.Sprintf("%.1f ms (%s)", ms(at(took, 0.95)), more))
		return
	}
	l.table.most(name+", p95", ms(at(took, 0.95)), most, "ms", more)
}

// overview asks for all monitors: after each change, and when nothing has changed.
func (l *lab) overview(ctx context.Context, b *browser, url string) error {
	st, err := postgres.Open(postgres.Options{URL: url, MaxConns: 1})
	if err != nil {
		return err
	}
	defer st.Close()
	const path = "/api/v1/overview"
	first, err := b.get(ctx, path, "") // the board begins
	if err != nil {
		return err
	}
	l.table.note("the first overview after the start", fmt.Sprintf("%.0f ms", ms(first.took)))
	var changed, same, not []time.Duration
	var bytes int64
	tag := first.tag
	for i := range l.turns {
		if _, err := st.Save(ctx, []data.Event{l.shape.measurement(i, time.Now().UTC().Truncate(time.Millisecond))}); err != nil {
			return err
		}
		select {
		case <-time.After(1200 * time.Millisecond): // the board looks each second
		case <-ctx.Done():
			return ctx.Err()
		}
		a, err := b.get(ctx, path, "")
		if err != nil {
			return err
		}
		if a.tag == tag {
			return fmt.Errorf("after a change the overview is the same: %s", tag)
		}
		changed, bytes, tag = append(changed, a.took), a.bytes, a.tag
		for range 5 {
			a, err = b.get(ctx, path, "")
			if err != nil {
				return err
			}
			same = append(same, a.took)
			if a, err = b.get(ctx, path, a.tag); err != nil {
				return err
			}
			if a.status == 304 {
				not = append(not, a.took)
			}
		}
	}
	l.tell("overview after a change", changed, bytes, aimOverview)
	l.tell("overview as it was", same, bytes, aimOverview)
	if len(not) > 0 {
		l.tell("overview, 304", not, 0, aimOverview)
	}
	return nil
}

// busily asks 50 questions at once, without and with measurements that come meanwhile.
func (l *lab) busily(ctx context.Context, b *browser, r *running, questions []question) error {
	alone, err := l.crowd(ctx, b, questions)
	if err != nil {
		return err
	}
	in := l.ingest(ctx, r.topic)
	defer in.stop()
	quiet, err := l.comes(ctx, r, func() error { time.Sleep(l.busy); return nil })
	if err != nil {
		return err
	}
	var both []time.Duration
	loud, err := l.comes(ctx, r, func() (err error) {
		both, err = l.crowd(ctx, b, questions)
		return err
	})
	if err != nil {
		return err
	}
	a, w := float64(len(alone))/l.busy.Seconds(), float64(len(both))/l.busy.Seconds()
	l.table.least(fmt.Sprintf("%d requests at once on top of %d measurements/s: of the requests without them", atOnce, l.rate), w/a, aimSlower, "",
		fmt.Sprintf("%.0f and %.0f/s, p95 %.0f and %.0f ms", w, a, ms(at(sorted(both), 0.95)), ms(at(sorted(alone), 0.95))))
	l.table.least("of the measurements saved without requests", loud/quiet, aimSlower, "", fmt.Sprintf("%.0f and %.0f/s", loud, quiet))
	return nil
}

// comes is how many measurements are saved a second while f runs.
func (l *lab) comes(ctx context.Context, r *running, f func() error) (float64, error) {
	before, err := r.saved(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := f(); err != nil {
		return 0, err
	}
	after, err := r.saved(ctx)
	return float64(after-before) / time.Since(began).Seconds(), err
}

// crowd asks all questions in turn, many at once, and returns how long each took.
func (l *lab) crowd(ctx context.Context, b *browser, questions []question) (took []time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.busy)
	defer cancel()
	var mu sync.Mutex
	var asked atomic.Int64
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for ctx.Err() == nil {
				i := int(asked.Add(1))
				a, e := b.get(ctx, questions[i%len(questions)].path(i/len(questions)), "")
				mu.Lock()
				if e == nil {
					took = append(took, a.took)
				} else if ctx.Err() == nil {
					err = e
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return took, err
}
