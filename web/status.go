package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

const (
	statusFresh   = 15 * time.Second // what is shown may be this old
	statusPatient = 30 * time.Second // what putting it together may take
	statusStale   = time.Minute      // when it is said that it is old
	statusCache   = "public, max-age=10"
)

// StatusOptions are the settings of the public page.
type StatusOptions struct {
	Labels []string // key:value, of the monitors that it shows; nil: there is no page
	Title  string
}

// A statusBoard keeps what the public sees, so that any number of visitors ask the store for it
// as seldom as one does, and for a tenth of the time at most.
type statusBoard struct {
	o     StatusOptions
	which selector
	api   *api

	mu      sync.Mutex
	shown   *statusView
	due     time.Time     // when it is to be put together again
	loading chan struct{} // closed by who does so, at the end; nil: nobody does
}

func newStatusBoard(o StatusOptions, a *api) *statusBoard {
	return &statusBoard{o: o, which: newSelector(o.Labels), api: a}
}

// open adds what everybody may see to mux.
func (b *statusBoard) open(mux *http.ServeMux) {
	get(mux, "/status", b.serve(func(w http.ResponseWriter, r *http.Request, v *statusView) {
		w.Header().Set("Refresh", "60") // it has no script to do so
		v.html.send(w, r, statusCache, "text/html; charset=utf-8")
	}))
	get(mux, "/status.json", b.serve(func(w http.ResponseWriter, r *http.Request, v *statusView) {
		v.json.send(w, r, statusCache, "application/json")
	}))
}

func (b *statusBoard) serve(send func(http.ResponseWriter, *http.Request, *statusView)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := b.view(r.Context()); v != nil {
			send(w, r, v)
			return
		}
		w.Header().Set("Retry-After", retryAfter(statusFresh))
		failUnnamed(w, r, http.StatusServiceUnavailable, "the status is not known at the moment; try again later")
	})
}

// view is what to show now; nil: nothing is known yet. Who comes when it is old puts it
// together anew, and others see the old one meanwhile.
func (b *statusBoard) view(ctx context.Context) *statusView {
	for {
		b.mu.Lock()
		shown, loading := b.shown, b.loading
		if time.Now().Before(b.due) || loading != nil && shown != nil {
			b.mu.Unlock()
			return shown
		}
		if loading == nil {
			b.loading = make(chan struct{})
			b.mu.Unlock()
			return b.renew(ctx)
		}
		b.mu.Unlock()
		select {
		case <-loading:
		case <-ctx.Done():
			return nil
		}
	}
}

// renew is called by one at a time.
func (b *statusBoard) renew(ctx context.Context) *statusView {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusPatient) // others want it, too
	defer cancel()
	defer b.renewed() // after a panic, too, which net/http puts up with
	began := time.Now()
	list, err := b.load(ctx, began)
	took := time.Since(began)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.shown = newStatusView(b.o.Title, list, began, false)
	case b.shown != nil && time.Since(b.shown.at) >= statusStale && !b.shown.stale:
		b.shown = newStatusView(b.o.Title, b.shown.list, b.shown.at, true)
	}
	if err != nil {
		b.api.log.Warn("the status page", "error", err)
	}
	b.due = began.Add(took + max(statusFresh, 9*took))
	return b.shown
}

// renewed lets those go on who wait, and others renew.
func (b *statusBoard) renewed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.loading)
	b.loading = nil
}

func (b *statusBoard) load(ctx context.Context, now time.Time) ([]*subject, error) {
	known, err := b.api.board.now(ctx) // where the states and labels are from
	if err != nil {
		return nil, err
	}
	if !known.stale.IsZero() {
		return nil, errors.New("the store has not told what changed since " + known.stale.UTC().Format(time.RFC3339))
	}
	list, err := b.api.subjects(ctx, b.which.of(known.rows), now)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		if total(s.days[barDays-incidentDays-1:]).down == 0 && s.state != isDown && s.state != isPartly {
			continue
		}
		if s.outages, err = b.api.outagesOf(ctx, s, now); err != nil {
			return nil, err
		}
	}
	return list, nil
}
