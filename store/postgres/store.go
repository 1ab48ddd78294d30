package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options are the settings of a Store.
type Options struct {
	// URL is that of libpq, sslmode, sslrootcert, sslcert and sslkey included;
	// its key-and-value form will do as well.
	URL string
	// Retention is the age at which measurements and gaps are dropped, by whole
	// days of UTC; 0: none.
	Retention time.Duration
	// RetentionHours and RetentionDays are the ages at which buckets of an hour and of a
	// day are dropped, by whole months and years; 0: none.
	RetentionHours, RetentionDays time.Duration
	// MaxConns bounds the connections; 0: 8.
	MaxConns int
	// Logger gets what is worth a line; nil: nothing is logged.
	Logger *slog.Logger
	// Now is the clock that Retention goes by; nil: time.Now.
	Now func() time.Time
}

// A Store is a store.Store. It may be used by several goroutines.
type Store struct {
	o       Options
	log     *slog.Logger
	pool    *pgxpool.Pool
	readers chan struct{} // holds one for each method of store.Reader that has a connection

	series   *ids // of monitor and location
	profiles *ids // of a profile's content

	joining atomic.Bool // the last batch met rows that were there
	parts               // of the rollups

	forgotten forgetting // changes

	answerWithin, tellWithin time.Duration // the constants, but in tests

	mu    sync.Mutex
	stats Stats
}

// Stats are the figures of a Store since Open.
type Stats struct {
	Copied     int64 // batches that were copied as they came
	Joined     int64 // batches that went through the join
	Rows       int64 // rows that are new
	Replaced   int64 // rows that gave way to what stays in their place
	Duplicates int64 // events that changed nothing
	Expired    int64 // events past Retention, which are not kept
	Refused    int64 // events that the database, or its form of text, cannot hold
	Partitions int64 // days that Save made a partition for
	Rolled     int64 // buckets that Roll wrote
}

// Open reads o, and connects nowhere: a database that is down is waited for by
// who saves and reads.
func Open(o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 8
	}
	if o.RetentionHours > 0 && (o.Retention == 0 || o.RetentionHours < o.Retention) {
		return nil, fmt.Errorf("a retention of hours of %v is shorter than that of measurements, which they are made of: that is to be set, and no longer", o.RetentionHours)
	}
	if o.Retention < 0 || o.RetentionHours < 0 || o.RetentionDays < 0 {
		return nil, fmt.Errorf("a retention of %v is less than nothing", o.Retention)
	}
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, badURL(o.URL, err)
	}
	s := &Store{
		o: o, log: o.Logger, series: newIDs(), profiles: newIDs(), readers: make(chan struct{}, max(1, o.MaxConns/2)),
		answerWithin: answerWithin, tellWithin: tellWithin,
	}
	config.MaxConns = int32(o.MaxConns)
	config.PingTimeout = pingWithin
	// Behind pgbouncer in transaction mode each query may meet another session,
	// so that no statement can be named. With what it returns described once and
	// remembered here, a query still takes one round trip, and values go in
	// binary form; the simple protocol would put them into the text instead.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.ConnConfig.StatementCacheCapacity = 0
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	// It starts a goroutine, which Close ends; connections come when needed.
	if s.pool, err = pgxpool.NewWithConfig(context.Background(), config); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return s, nil
}

// Stats may be called at any time.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// count adds to the figures.
func (s *Store) count(d Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Copied += d.Copied
	s.stats.Joined += d.Joined
	s.stats.Rows += d.Rows
	s.stats.Replaced += d.Replaced
	s.stats.Duplicates += d.Duplicates
	s.stats.Expired += d.Expired
	s.stats.Refused += d.Refused
	s.stats.Partitions += d.Partitions
	s.stats.Rolled += d.Rolled
}

// oldest is the first instant that is kept: the start of a day in UTC; zero: all
// are.
func (s *Store) oldest() time.Time {
	if s.o.Retention == 0 {
		return time.Time{}
	}
	return s.o.Now().Add(-s.o.Retention).UTC().Truncate(24 * time.Hour)
}

// answerWithin is how long a step of Save, a few statements at most, may take: far
// longer than any takes that gets on, and far shorter than the kernel keeps a
// connection to a machine that is gone. Nothing else ends the wait for a process that
// is frozen: its machine still acknowledges what is sent.
const answerWithin = time.Minute

// tellWithin is how long a method of store.Reader may take, a frozen database or a pool
// with no connection left included: who asks by HTTP has gone after half a minute.
const tellWithin = 25 * time.Second

// pingWithin is how long a connection that was idle has to answer before another is
// made in its place.
const pingWithin = 5 * time.Second

// closeWithin is how long Close waits. A server that is frozen would have the driver
// wait three times as long for the end of a connection.
const closeWithin = 5 * time.Second

// Close waits some seconds for the calls that are under way, and lets the
// connections go. Twice is harmless.
func (s *Store) Close() error {
	closed := make(chan struct{}) // closed by the goroutine below
	go func() {                   // ends with the last connection
		defer close(closed)
		s.pool.Close()
	}()
	select {
	case <-closed:
		return nil
	case <-time.After(closeWithin):
		return fmt.Errorf("postgres: connections are still in use after %s", closeWithin)
	}
}
