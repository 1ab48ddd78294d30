package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/monitor/feed"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/store/postgres"
	"github.com/monitorink/monitorink/web"
)

// upkeepEvery is how often partitions are made ahead and dropped.
const upkeepEvery = time.Hour

// A storage is the store that the configuration chose, with what it needs beside
// saving and reading.
type storage struct {
	store.Store
	log      *slog.Logger
	db       *postgres.Store // nil: in memory
	database feed.Patience   // with its start
	rollups  rollups
	// monitors are the metrics of single monitors; nil: nobody asked for them
	monitors *metrics.Monitors
}

// openStore opens the store, and adds its metrics; it does not wait for a database.
func openStore(cfg *config.Config, log *slog.Logger, reg *metrics.Registry) (*storage, error) {
	s, err := chooseStore(cfg, log, reg)
	if err != nil {
		return nil, err
	}
	reg.Rollups(s)
	if cfg.MetricsMonitors > 0 {
		s.monitors = reg.Monitors(s, cfg.MetricsMonitors)
	}
	return s, nil
}

func chooseStore(cfg *config.Config, log *slog.Logger, reg *metrics.Registry) (*storage, error) {
	if cfg.Store == config.StoreMemory {
		log.Warn("the store is in memory: it keeps the newest measurements, and ends with the process")
		return &storage{Store: memory.New(memory.Options{Retention: cfg.Retention}), log: log}, nil
	}
	db, err := postgres.Open(PostgresOptions(cfg, log))
	if err != nil {
		return nil, &app.UsageError{Err: err}
	}
	reg.Postgres(db.Stats)
	return &storage{Store: db, log: log, db: db, database: feed.Patience{Say: func(err error) {
		log.Warn("the database is not ready; waiting for it", "error", err)
	}}}, nil
}

// PostgresOptions are what cfg says of Postgres.
func PostgresOptions(cfg *config.Config, log *slog.Logger) postgres.Options {
	return postgres.Options{URL: cfg.PostgresURL, Retention: cfg.Retention, RetentionHours: cfg.RetentionHours, RetentionDays: cfg.RetentionDays, Logger: log}
}

// await returns when the database answers and has the schema that this version
// needs. Whatever it lacks is waited for: who migrates it may be about to.
func (s *storage) await(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	err := s.database.Retry(ctx, func() error { return s.db.Ready(ctx) })
	if err == nil {
		s.log.Info("the database is ready")
	}
	return err
}

// keepUp makes partitions ahead and drops what is past its retention, until ctx
// ends.
func (s *storage) keepUp(ctx context.Context) {
	if s.db == nil {
		return
	}
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		done, err := s.db.Maintain(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.Error("the upkeep of the partitions failed; it is tried again in an hour", "error", err)
		case err == nil && !done.Skipped:
			s.log.Info("the partitions are kept up", "created", len(done.Created), "dropped", len(done.Dropped), "gaps_deleted", done.Gaps)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *storage) problems() []web.Problem {
	if err := s.database.Err(); err != nil {
		return []web.Problem{{Name: "store", Message: "waiting for the database: " + err.Error()}}
	}
	return nil
}

// notes tells of rollups that are behind, and of metrics that leave monitors out.
func (s *storage) notes() []web.Problem {
	notes := s.rollups.notes()
	if s.monitors != nil && s.monitors.Left() {
		notes = append(notes, web.Problem{Name: "metrics", Message: "there are more monitors than MONITORINK_METRICS_MONITORS: /metrics has series of the first of them, by their ids"})
	}
	return notes
}

func (s *storage) close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}
