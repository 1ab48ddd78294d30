//go:build integration

package postgres_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

func TestReadyTellsWhatIsWrongWithTheSchema(t *testing.T) {
	for _, c := range []struct{ name, sql, want string }{
		{"as migrated", "select 1", ""},
		{"ahead", "insert into flyway_schema_history values (99, '99', 'later', 'SQL', 'V99__later.sql', 0, 'x', now(), 1, true); alter table gap add column more text", ""},
		{"behind", fmt.Sprintf("delete from flyway_schema_history where version::int > %d", postgres.SchemaVersion-1), fmt.Sprintf("the database is at version %d, and this collector needs %d (V%[2]d__", postgres.SchemaVersion-1, postgres.SchemaVersion)},
		{"empty history", "delete from flyway_schema_history", "the database is at version 0"},
		{"no history", "drop table flyway_schema_history", "no table flyway_schema_history: run `make migrate`"},
		{"failed", "insert into flyway_schema_history values (99, '99', 'later', 'SQL', 'V99__later.sql', 0, 'x', now(), 1, false)", "migration V99__later.sql failed"},
		{"column dropped", "alter table measurement drop column tls_us cascade", "table measurement has no column tls_us integer"},
		{"column of another type", "drop view gaps; alter table gap alter column slots type numeric", "column gap.slots is a numeric, and must be a bigint"},
		{"table dropped", "drop table registration cascade", "table registration has no column"},
		{"key dropped", "alter table gap drop constraint gap_pkey", "no valid unique index over (series, last_at, first_at, reason)"},
		{"function dropped", "drop function measurement_partitions() cascade", "there is no function measurement_partitions()"},
		{"rights revoked", "revoke update, insert on measurement from monitorink; revoke delete on gap from monitorink", `GRANT DELETE ON gap TO "monitorink"; GRANT INSERT, UPDATE ON measurement TO "monitorink"`},
		{"function revoked", "revoke all on function create_measurement_partition(date) from monitorink", "GRANT EXECUTE ON FUNCTION create_measurement_partition(date)"},
		{"history revoked", "revoke select on flyway_schema_history from monitorink", "GRANT SELECT ON flyway_schema_history"},
		{"schema revoked", "revoke usage on schema public from monitorink, public", `GRANT USAGE ON SCHEMA "public" TO "monitorink"`},
		{"schema elsewhere", "create schema elsewhere; grant usage on schema elsewhere to public; alter table flyway_schema_history set schema elsewhere", "options=-csearch_path%3Delsewhere"},
		{"read-only", "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$", "the server takes no writes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := servers.Database(t)
			servers.Psql(t, db.AdminURL, c.sql)
			err := open(t, db.URL).Ready(t.Context())
			var schema *postgres.SchemaError
			var rights *postgres.RightsError
			var trouble *postgres.Trouble
			switch {
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case strings.Contains(c.want, "GRANT") != errors.As(err, &rights):
				t.Errorf("%v is a %T", err, err)
			case err != nil && !errors.As(err, &schema) && !errors.As(err, &rights) && !errors.As(err, &trouble):
				t.Errorf("%v is a %T", err, err)
			}
		})
	}
}

func TestReadyOfAnEmptyDatabaseAsksForTheMigrations(t *testing.T) {
	err := open(t, servers.EmptyDatabase(t).URL).Ready(t.Context())
	var schema *postgres.SchemaError
	if !errors.As(err, &schema) || !strings.Contains(err.Error(), "make migrate") {
		t.Errorf("got %v", err)
	}
}

func TestReadyWaitsForAServerThatIsDown(t *testing.T) {
	db := servers.Database(t)
	s := open(t, db.URL)
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	servers.StopPostgres(t)
	err := s.Ready(t.Context())
	var trouble *postgres.Trouble
	if !errors.As(err, &trouble) || !trouble.Passes {
		t.Errorf("of a server that is down: got %v (%T)", err, err)
	}
	servers.StartPostgres(t)
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

func TestTheNeededVersionIsTheNewestMigration(t *testing.T) {
	files, err := filepath.Glob("../../flyway/sql/V*__*.sql")
	if err != nil || len(files) != postgres.SchemaVersion {
		t.Fatalf("%d migrations, %v; SchemaVersion is %d", len(files), err, postgres.SchemaVersion)
	}
	if newest, _ := filepath.Glob(fmt.Sprintf("../../flyway/sql/V%d__*.sql", postgres.SchemaVersion)); len(newest) != 1 || filepath.Base(newest[0]) != postgres.SchemaScript {
		t.Errorf("the newest is %v, and SchemaScript %s", newest, postgres.SchemaScript)
	}
}

// checked runs Check, and returns a line for each step.
func checked(t *testing.T, o postgres.Options) (lines []string, last error) {
	t.Helper()
	postgres.Check(t.Context(), o, func(what string, err error) {
		line := "ok: " + what
		if err != nil {
			line, last = fmt.Sprintf("%s: %v", what, err), err
		}
		if strings.Contains(line, "secret") || strings.Contains(line, "wrong-pass") {
			t.Errorf("a password is told: %s", line)
		}
		lines = append(lines, line)
	})
	return lines, last
}

// with returns raw with parts replaced: "password", "host", "path", or a parameter.
func with(t *testing.T, raw string, parts ...string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for i := 0; i < len(parts); i += 2 {
		switch value := parts[i+1]; parts[i] {
		case "password":
			u.User = url.UserPassword(u.User.Username(), value)
		case "user":
			u.User = url.UserPassword(value, "monitorink-secret")
		case "host":
			u.Host = value + ":" + u.Port()
		case "port":
			u.Host = u.Hostname() + ":" + value
		case "path":
			u.Path = value
		default:
			q.Set(parts[i], value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestCheckSaysInWordsWhatIsWrong(t *testing.T) {
	db := servers.Database(t)
	servers.Psql(t, db.AdminURL, "select create_measurement_partition(current_date), create_measurement_partition(current_date + 1)")
	for _, c := range []struct{ name, url, want string }{
		{"well", db.URL, ""},
		{"by certificate", db.CertURL, ""},
		{"through pgbouncer", db.BouncerURL, ""},
		{"wrong password", with(t, db.URL, "password", "wrong-pass"), "the password is wrong"},
		{"wrong password at pgbouncer", with(t, db.BouncerURL, "password", "wrong-pass"), "the password is wrong"},
		{"no such role", with(t, db.URL, "user", "nobody"), "there is no such role"},
		{"no such database", with(t, db.URL, "path", "/nowhere"), "there is no such database"},
		{"no such database at pgbouncer", with(t, db.BouncerURL, "path", "/nowhere"), "database"},
		{"no such host", with(t, db.URL, "host", "nowhere.invalid"), `host "nowhere.invalid"`},
		{"refused", with(t, db.URL, "port", "1"), "nothing listens there"},
		{"rogue authority", with(t, db.URL, "sslrootcert", db.RogueCAFile), "authority that is not trusted"},
		{"unknown authority", with(t, db.URL, "sslrootcert", ""), "authority that is not trusted"},
		{"another name", with(t, db.URL, "host", "127.0.0.1"), "for another name"},
		{"a stranger's certificate", with(t, db.CertURL, "sslcert", db.StrangerCertFile, "sslkey", db.StrangerKeyFile), "client certificate"},
		{"no certificate", with(t, db.CertURL, "sslcert", "", "sslkey", ""), "certificate"},
		{"without TLS", with(t, db.URL, "sslmode", "disable"), ""},
		{"TLS is not offered", with(t, db.BouncerURL, "sslmode", "require"), "offers no TLS"},
		{"no such file", with(t, db.URL, "sslrootcert", "/nowhere/ca.pem"), "/nowhere/ca.pem"},
		{"no certificate in the file", with(t, db.URL, "sslrootcert", os.DevNull), "does not fit together"},
		{"sslmode", with(t, db.URL, "sslmode", "on"), "sslmode is invalid"},
		{"a URL that is none", "postgres://monitorink:wrong-pass/word@localhost:port", "cannot be read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, err := checked(t, postgres.Options{URL: c.url})
			t.Log("\n" + strings.Join(lines, "\n"))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(lines[len(lines)-1], c.want)) {
				t.Errorf("want %q", c.want)
			}
		})
	}
}

func TestCheckTellsOfPoolerPartitionsAndClock(t *testing.T) {
	db := servers.Database(t)
	lines, err := checked(t, postgres.Options{URL: db.BouncerURL})
	all := strings.Join(lines, "\n")
	if err != nil || !strings.Contains(all, "behind a pooler") || !strings.Contains(all, "no partition yet for "+time.Now().UTC().Format(time.DateOnly)+" and ") {
		t.Errorf("got %s", all)
	}
	lines, _ = checked(t, postgres.Options{URL: db.URL, Now: func() time.Time { return time.Now().Add(-time.Minute) }})
	all = strings.Join(lines, "\n")
	if strings.Contains(all, "behind a pooler") || !strings.Contains(all, "clock and ours are 1m0") {
		t.Errorf("got %s", all)
	}
	if err := open(t, db.BouncerURL).Ready(t.Context()); err != nil {
		t.Errorf("behind pgbouncer: %v", err)
	}
}
