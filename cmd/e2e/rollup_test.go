//go:build integration

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

// A depot is a database of one test, without a broker.
type depot struct {
	t     *testing.T
	db    servers.DB
	store *postgres.Store
}

func newDepot(t *testing.T) depot {
	t.Helper()
	d := depot{t: t, db: servers.Database(t)}
	s, err := postgres.Open(postgres.Options{URL: d.db.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d.store = s
	return d
}

func (d depot) save(events []data.Event) {
	d.t.Helper()
	if refused, err := d.store.Save(d.t.Context(), events); err != nil || len(refused) > 0 {
		d.t.Fatalf("save: %v, %v", refused, err)
	}
}

// rolls rolls up what is due, and makes sure that it is all.
func (d depot) rolls() {
	d.t.Helper()
	if err := d.store.Roll(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	if lag, err := d.store.Lag(d.t.Context()); err != nil || lag.Pending > 0 {
		d.t.Fatalf("after a roll: %+v, %v", lag, err)
	}
}

// buckets are those of all tiers, a line each.
func (d depot) buckets() string {
	d.t.Helper()
	var all []string
	for _, tier := range []string{"minute", "hour", "day"} {
		all = append(all, servers.Psql(d.t, d.db.AdminURL, "select '"+tier+"', b.* from rollup_"+tier+" b order by series, from_at"))
	}
	return strings.Join(all, "\n")
}

// held holds a table, so that who writes to it waits amid its transaction, until the
// returned function is called.
func (d depot) held(table string) (release func()) {
	d.t.Helper()
	conn, err := pgx.Connect(d.t.Context(), d.db.AdminURL)
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := conn.Exec(d.t.Context(), "begin; lock table "+table+" in exclusive mode"); err != nil {
		d.t.Fatal(err)
	}
	return func() { conn.Close(d.t.Context()) } //nolint:errcheck // it ends either way
}

// waiting is whether somebody waits for a held table.
func (d depot) waiting(table string) bool {
	return servers.Psql(d.t, d.db.AdminURL, "select exists (select from pg_locks where not granted and relation = '"+table+"'::regclass)") == "t"
}

func (d depot) count(table string) string {
	d.t.Helper()
	return servers.Psql(d.t, d.db.AdminURL, "select count(*) from "+table)
}

func (d depot) empty(table string) {
	d.t.Helper()
	if n := d.count(table); n != "0" {
		d.t.Errorf("%s rows in %s of a transaction that was killed", n, table)
	}
}

func (d depot) differs(what, want string) {
	d.t.Helper()
	got := d.buckets()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			d.t.Fatalf("%s: bucket %d of %d (want %d) is\n%s\nwant\n%s", what, i, len(g), len(w), g[i], w[i])
		}
	}
	d.t.Fatalf("%s: %d buckets, want %d", what, len(g), len(w))
}

// past is a mixture over some hours of each of three days, the last of which is
// yesterday.
func past(t *testing.T) (events []data.Event) {
	rng, today := seeded(t), time.Now().UTC().Truncate(24*time.Hour)
	for _, ago := range []int{1, 2, 9} {
		at := today.AddDate(0, 0, -ago).Add(5*time.Hour + 59*time.Minute + 45*time.Second)
		events = append(events, mixture(rng, 1500, at)...)
		events = append(events, mixture(rng, 500, at.Add(18*time.Hour+10*time.Second))...) // over midnight
	}
	return events
}

// TestBackfillEqualsWhatWasRolledUpLive kills the command with -9 amid its first
// transaction, and before it notes that a day is done, and starts it again.
func TestBackfillEqualsWhatWasRolledUpLive(t *testing.T) {
	t.Parallel()
	d := newDepot(t)
	d.save(past(t))
	d.rolls()
	live := d.buckets()
	servers.Psql(t, d.db.AdminURL, "truncate rollup_minute, rollup_hour, rollup_day")
	env := []string{"MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + d.db.BouncerURL}
	backfill := func(args ...string) *process {
		return start(t, "collector", env, append([]string{"rollup", "backfill"}, args...)...)
	}
	for _, c := range []struct{ table, none string }{
		// Today is filled before them, and has no bucket of a day yet.
		{"rollup_day", "rollup_minute where from_at < date_trunc('day', now(), 'UTC')"},
		{"rollup_filled", "rollup_filled where day < (now() at time zone 'UTC')::date"},
	} {
		release := d.held(c.table)
		p := backfill()
		eventually(t, 20*time.Second, "it is at "+c.table, func() bool { return d.waiting(c.table) })
		p.kill()
		// A server notices that its client is gone when it has the lock, and tells it.
		servers.Psql(t, d.db.AdminURL, "select pg_terminate_backend(pid) from pg_locks where not granted and relation = '"+c.table+"'::regclass")
		release()
		d.empty(c.none)
	}
	p := backfill()
	if code := p.wait(60 * time.Second); code != 0 || strings.ContainsAny(p.out.String(), "\r\x1b") {
		t.Errorf("exit code %d, and to what is no terminal it says\n%q", code, p.out)
	}
	d.rolls()
	d.differs("after back-fill", live)
	if code := backfill().wait(20 * time.Second); code != 0 {
		t.Errorf("once more: exit code %d", code)
	}
	d.differs("after another", live)
	for args, want := range map[string]string{
		"--from=yesterday": `--from is "yesterday": write a day, such as 2026-11-01`,
		"--to=2026-13-01":  `--to is "2026-13-01": write a day`,
	} {
		if p := backfill(args); p.wait(20*time.Second) != 2 || !strings.Contains(p.out.String(), want) {
			t.Errorf("%s: want exit code 2 and %q:\n%s", args, want, p.out)
		}
	}
	if p := start(t, "collector", nil, "rollup", "backfill"); p.wait(20*time.Second) != 2 || !strings.Contains(p.out.String(), `MONITORINK_STORE is "memory"`) {
		t.Errorf("without Postgres:\n%s", p.out)
	}
}

// TestACollectorTellsThatItsRollupsAreBehind, in /readyz and by metrics, and catches
// up by itself.
func TestACollectorTellsThatItsRollupsAreBehind(t *testing.T) {
	t.Parallel()
	d := newDepot(t)
	d.save(measurements(600, 10, time.Now().Add(-3*time.Hour)))
	servers.Psql(t, d.db.AdminURL, `update rollup_touched set due = due - interval '10 min';
		alter table rollup_minute add constraint odd check (up < 0) not valid`)
	addr := freeAddr(t)
	c := &daemon{start(t, "collector", []string{
		"MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + d.db.URL, "MONITORINK_COLLECTOR_ADDR=" + addr,
		"MONITORINK_QUEUE_URL=http://" + freeAddr(t),
	}, "run"), "http://" + addr}
	notes := func() string {
		var answer struct {
			Notes []struct{ Name, Message string }
		}
		get(c.url+"/readyz", &answer)
		for _, n := range answer.Notes {
			if n.Name == "rollups" {
				return n.Message
			}
		}
		return ""
	}
	eventually(t, 20*time.Second, "a note", func() bool { return notes() != "" })
	if text := notes(); !strings.HasPrefix(text, "the rollups are 10m") || !strings.Contains(text, "the last try: ") || !strings.Contains(text, "odd") {
		t.Errorf("the note is %q", text)
	}
	if lag, n := c.metric("monitorink_rollup_lag_seconds", ""), c.metric("monitorink_rollup_pending_buckets", ""); lag < 600 || n == 0 {
		t.Errorf("the metrics tell of a lag of %v s and %v buckets", lag, n)
	}
	if words, _ := c.problems(); words["rollups"] != "" {
		t.Errorf("it is a problem, too, though all else works: %s", words["rollups"])
	}
	servers.Psql(t, d.db.AdminURL, "alter table rollup_minute drop constraint odd")
	eventually(t, 30*time.Second, "no note", func() bool { return notes() == "" })
	if n := d.count("rollup_minute"); n == "0" || c.metric("monitorink_postgres_rolled_buckets_total", "") == 0 || c.metric("monitorink_rollup_lag_seconds", "") != 0 {
		t.Errorf("%s minutes, and the metrics do not tell", n)
	}
	if said := strings.Count(c.out.String(), "rolling up failed"); said != 1 {
		t.Errorf("it has said %d times that rolling up failed, want once", said)
	}
	ends(t, c.process)
}
