package postgres

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	checkTimeout = 15 * time.Second // for a step
	maxSkew      = 5 * time.Second  // between the server's clock and ours
)

// Ready connects, and says whether the store can work: nil, a *Trouble of the
// connection, which may pass, a *SchemaError or a *RightsError, which somebody mends.
// A database that is ahead of this version is ready.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := s.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
		if err := takesWrites(ctx, c); err != nil {
			return err
		}
		version, err := inspect(ctx, c)
		if err == nil {
			s.log.Debug("the schema is as needed", "found", version, "needs", SchemaVersion)
		}
		return err
	})
	return Diagnose(err)
}

// Check tries, step by step, all that a collector needs of its database, and
// reports each step: what was tried or found, and the error with its remedy, or
// nil. It ends with the first step that the rest needs. Nothing is changed, and
// nothing reported has the password in it.
func Check(ctx context.Context, o Options, report func(what string, err error)) {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		report("read the URL", Diagnose(err))
		return
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing that pgbouncer minds
	within, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(within, config)
	if err != nil {
		report(fmt.Sprintf("connect to %s as role %q", address(config), config.User), Diagnose(err))
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	report(fmt.Sprintf("connect to %s as role %q, %s", address(config), config.User, security(conn)), nil)
	c := checker{ctx: ctx, conn: conn, now: o.Now, report: report}
	if c.now == nil {
		c.now = time.Now
	}
	c.step(c.server)
	c.step(c.clock)
	if c.step(c.schema) {
		c.step(c.partitions)
	}
}

type checker struct {
	ctx    context.Context
	conn   *pgx.Conn
	now    func() time.Time
	report func(string, error)
}

// step reports what f found, and whether all was well.
func (c *checker) step(f func(context.Context) (string, error)) bool {
	ctx, cancel := context.WithTimeout(c.ctx, checkTimeout)
	defer cancel()
	what, err := f(ctx)
	c.report(what, Diagnose(err))
	return err == nil
}

// server tells which one answers, and whether a pooler stands between: the process
// that answers is then another than the connection began with.
func (c *checker) server(ctx context.Context) (string, error) {
	var pid uint32
	var version string
	if err := c.conn.QueryRow(ctx, `select pg_backend_pid(), current_setting('server_version')`).Scan(&pid, &version); err != nil {
		return "ask for the server's version", err
	}
	what := "PostgreSQL " + version
	if pid != c.conn.PgConn().PID() {
		what += " behind a pooler such as pgbouncer"
	}
	return what + ", for writing", takesWrites(ctx, c.conn)
}

// clock compares the server's with ours, half a round trip off at most.
func (c *checker) clock(ctx context.Context) (string, error) {
	var theirs time.Time
	before, began := c.now(), time.Now()
	err := c.conn.QueryRow(ctx, `select clock_timestamp()`).Scan(&theirs)
	skew := theirs.Sub(before.Add(time.Since(began) / 2)).Round(time.Millisecond)
	if err == nil && skew.Abs() > maxSkew {
		err = &Trouble{
			What:   fmt.Sprintf("the server's clock and ours are %v apart", skew.Abs()),
			Remedy: "let both follow a time server: partitions are made, and dropped, by the day",
		}
	}
	return "compare the server's clock with ours", err
}

func (c *checker) schema(ctx context.Context) (string, error) {
	what, err := inspect(ctx, c.conn)
	if what == "" {
		what = "no version was found"
	}
	return fmt.Sprintf("schema and rights: %s, and this version needs %d", what, SchemaVersion), err
}

// partitions that are missing are no fault: who saves makes them.
func (c *checker) partitions(ctx context.Context) (string, error) {
	what := "partitions of today and tomorrow"
	rows, err := c.conn.Query(ctx, `select day from measurement_partitions()`)
	if err != nil {
		return what, err
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return what, err
	}
	today := c.now().UTC().Truncate(24 * time.Hour)
	var missing []string
	for _, day := range []time.Time{today, today.Add(24 * time.Hour)} {
		if !slices.ContainsFunc(have, day.Equal) {
			missing = append(missing, day.Format(time.DateOnly))
		}
	}
	if missing != nil {
		what = "no partition yet for " + strings.Join(missing, " and ") + "; collector makes them at its start and each hour, `collector maintain` once"
	}
	return what, nil
}

// takesWrites is an error when the server is a standby, or read-only.
func takesWrites(ctx context.Context, q querier) error {
	var readOnly bool
	err := q.QueryRow(ctx, `select pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool`).Scan(&readOnly)
	if err == nil && readOnly {
		err = &Trouble{What: "the server takes no writes", Remedy: "connect to the primary: with several hosts in the URL, target_session_attrs=read-write finds it", Passes: true}
	}
	return err
}

// address is where a connection goes, without a password.
func address(c *pgx.ConnConfig) string {
	all := []string{fmt.Sprintf("%s:%d", c.Host, c.Port)}
	for _, f := range c.Fallbacks {
		if a := fmt.Sprintf("%s:%d", f.Host, f.Port); !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return strings.Join(all, ",") + "/" + c.Database
}

// security tells how the connection is protected.
func security(conn *pgx.Conn) string {
	secured, ok := conn.PgConn().Conn().(*tls.Conn)
	if !ok {
		return "without TLS"
	}
	state, config := secured.ConnectionState(), conn.Config().TLSConfig
	switch {
	case config != nil && !config.InsecureSkipVerify:
		return tls.VersionName(state.Version) + ", certificate and name verified"
	case config != nil && config.VerifyPeerCertificate != nil:
		return tls.VersionName(state.Version) + ", certificate verified, the name not"
	}
	return tls.VersionName(state.Version) + ", the server's certificate not verified (sslmode=verify-full does)"
}
