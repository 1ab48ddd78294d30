package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A store saves batches, several at a time, each on a connection of the pool.
type store struct {
	pool     *pgxpool.Pool
	series   *cache[seriesKey]
	profiles *cache[profileKey]
}

var columns = []string{
	"scheduled", "started", "series", "profile", "late_us", "degraded_us", "dns_us", "connect_us", "tls_us", "request_us",
	"first_byte_us", "transfer_us", "total_us", "body_bytes", "error", "attempt", "status", "remote", "detail",
}

const insert = `insert into measurement (scheduled, started, series, profile, late_us, degraded_us, dns_us, connect_us,
  tls_us, request_us, first_byte_us, transfer_us, total_us, body_bytes, error, attempt, status, remote, detail)
select scheduled, started, series, profile, late_us, degraded_us, dns_us, connect_us,
  tls_us, request_us, first_byte_us, transfer_us, total_us, body_bytes, error, attempt, status, remote, detail
from staging on conflict do nothing`

func open(ctx context.Context, url string) (*store, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		kind, err := conn.LoadType(ctx, "error_kind")
		if err != nil {
			return err
		}
		conn.TypeMap().RegisterType(kind)
		_, err = conn.Exec(ctx, "create temporary table staging (like measurement) on commit delete rows")
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &store{pool, newCache(insertSeries), newCache(insertProfiles)}, nil
}

func (s *store) close() { s.pool.Close() }

// save keeps a batch, of which any part may be kept already.
func (s *store) save(ctx context.Context, batch []event) error {
	keys := make([]seriesKey, len(batch))
	profiles := make([]profileKey, len(batch))
	for i := range batch {
		keys[i], profiles[i] = batch[i].series(), batch[i].profile()
	}
	series, err := s.series.ids(ctx, s.pool, keys)
	if err != nil {
		return fmt.Errorf("series: %w", err)
	}
	profile, err := s.profiles.ids(ctx, s.pool, profiles)
	if err != nil {
		return fmt.Errorf("profiles: %w", err)
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows := pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) { return batch[i].row(series[i], profile[i]) })
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staging"}, columns, rows); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insert)
		return err
	})
}

// row is the event's in the order of columns.
func (e *event) row(series, profile int32) ([]any, error) {
	p := &e.Phases
	row := []any{
		e.ScheduledAt, e.StartedAt, series, profile, e.LateUS, e.DegradedUS, p.DNS, p.Connect, p.TLS, p.Request,
		p.FirstByte, p.Transfer, p.Total, nil, nil, e.Attempt, nil, nil, nil,
	}
	if e.Error != nil {
		row[14] = e.Error.Kind
	}
	if h := e.HTTP; h != nil {
		row[13], row[16] = h.BodyBytes, h.Status
		if a, err := netip.ParseAddrPort(h.Remote); err == nil {
			row[17] = a.Addr()
		}
	}
	if d, plain := e.detail(); !plain {
		b, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		row[18] = b
	}
	return row, nil
}

type detail struct {
	Phase        string        `json:"phase,omitempty"`
	Message      string        `json:"message,omitempty"`
	Redirects    int           `json:"redirects,omitempty"`
	Expectations []expectation `json:"expectations,omitempty"`
}

func (e *event) detail() (d detail, plain bool) {
	if e.Error != nil {
		d.Phase, d.Message = e.Error.Phase, e.Error.Message
	}
	if e.HTTP != nil {
		d.Redirects = e.HTTP.Redirects
	}
	d.Expectations = e.Expectations
	return d, e.Error == nil && d.Redirects == 0 && len(d.Expectations) == 0
}
