package servers

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A DB is a database of one test. Every URL but BouncerURL is for TLS with
// verify-full, and the server's certificate for localhost: 127.0.0.1 is a mismatch.
type DB struct {
	Name       string
	URL        string // as the collector's role, by password
	CertURL    string // as a member of the collector's role, by CertFile and KeyFile
	OwnerURL   string // as the owner of the schema, who migrates
	AdminURL   string // as the superuser
	BouncerURL string // as the collector's role through pgbouncer in transaction mode, without TLS

	CAFile                            string // signed the server's certificate
	RogueCAFile                       string // did not
	CertFile, KeyFile                 string // of the role monitorink_cert
	StrangerCertFile, StrangerKeyFile string // of the same name, signed by the rogue

	place place
}

// Database returns a new database with the schema of flyway/, as the real Flyway
// made it, and drops it when the test ends.
func Database(t testing.TB) DB {
	t.Helper()
	p := find(t)
	return p.database(t, p.template(t))
}

// EmptyDatabase returns a new database without a schema.
func EmptyDatabase(t testing.TB) DB {
	t.Helper()
	return find(t).database(t, "template1")
}

func (p place) database(t testing.TB, template string) DB {
	t.Helper()
	name := "t_" + unique(t)
	p.create(t, name, template)
	t.Cleanup(func() { p.drop(t, name) })
	tls := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {p.cert("ca.crt")}}
	byCert := url.Values{"sslcert": {p.cert("client.crt")}, "sslkey": {p.cert("client.key")}}
	for k, v := range tls {
		byCert[k] = v
	}
	collector := url.UserPassword("monitorink", "monitorink-secret")
	return DB{
		Name:             name,
		URL:              p.url(collector, p.pg, name, tls),
		CertURL:          p.url(url.User("monitorink_cert"), p.pg, name, byCert),
		OwnerURL:         p.url(url.UserPassword("monitorink_owner", "monitorink_owner-secret"), p.pg, name, tls),
		AdminURL:         p.url(url.UserPassword("postgres", "postgres-secret"), p.pg, name, tls),
		BouncerURL:       p.url(collector, p.bouncer, name, url.Values{"sslmode": {"disable"}}),
		CAFile:           p.cert("ca.crt"),
		RogueCAFile:      p.cert("rogue.crt"),
		CertFile:         p.cert("client.crt"),
		KeyFile:          p.cert("client.key"),
		StrangerCertFile: p.cert("stranger.crt"),
		StrangerKeyFile:  p.cert("stranger.key"),
		place:            p,
	}
}

func (p place) url(user *url.Userinfo, port int, database string, query url.Values) string {
	u := url.URL{Scheme: "postgres", User: user, Host: p.address("localhost", port), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

func (p place) create(t testing.TB, name, template string) {
	t.Helper()
	p.must(t, "", "postgres.sh", "psql", "-d", "postgres", "-v", "database="+name, "-v", "template="+template,
		"-f", filepath.Join(p.scripts, "..", "postgres", "roles.sql"))
}

func (p place) drop(t testing.TB, name string) {
	t.Helper()
	if _, err := p.run("", "postgres.sh", "psql", "-d", "postgres", "-c", fmt.Sprintf("drop database if exists %q with (force)", name)); err != nil {
		t.Error(err)
	}
}

var templates sync.Mutex

// template returns a migrated database that others are copied from. It is made once
// for each state of the migrations, and kept.
func (p place) template(t testing.TB) string {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	name := "template_" + migrations(t, root(t))
	query := fmt.Sprintf("select count(*) from pg_database where datname = '%s'", name)
	if strings.TrimSpace(p.must(t, "", "postgres.sh", "psql", "-d", "postgres", "-Atc", query)) == "1" {
		return name
	}
	part := "t_" + unique(t)
	p.create(t, part, "template1")
	defer p.drop(t, part)
	if output, err := Flyway(t, DB{Name: part, place: p}, "migrate"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	rename := fmt.Sprintf("alter database %q rename to %q", part, name)
	if _, err := p.run("", "postgres.sh", "psql", "-d", "postgres", "-c", rename); err != nil && !strings.Contains(err.Error(), "already exists") {
		t.Fatal(err) // but another process may have been first
	}
	return name
}

// migrations is a hash of all that a new database is made of.
func migrations(t testing.TB, root string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "flyway", "sql", "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations in flyway/sql: %v", err)
	}
	hash := sha256.New()
	for _, file := range append(files, filepath.Join(root, "flyway", "flyway.conf"), filepath.Join(root, "deploy", "postgres", "roles.sql")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(hash, "%s %d\n%s", file, len(text), text)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:6])
}

// StopPostgres ends the server, and pgbouncer with it, as a restart does: at once,
// connections cut, nothing lost. Both start again when the test ends.
func StopPostgres(t testing.TB) { stopPostgres(t, "stop") }

// KillPostgres is StopPostgres as a crash of Postgres alone: the next start recovers.
func KillPostgres(t testing.TB) { stopPostgres(t, "kill") }

func stopPostgres(t testing.TB, how string) {
	t.Helper()
	t.Cleanup(func() { StartPostgres(t) })
	find(t).must(t, "", "postgres.sh", how)
}

// StartPostgres starts the server and pgbouncer, and returns when they answer.
// What runs is left alone.
func StartPostgres(t testing.TB) {
	t.Helper()
	find(t).must(t, "", "postgres.sh", "start")
}

// Flyway runs the real Flyway over a database as its owner, and returns what it
// prints: Flyway(t, db, "validate"). Later arguments win over flyway/flyway.conf, such
// as "-locations=filesystem:/a/folder".
func Flyway(t testing.TB, db DB, arguments ...string) (string, error) {
	t.Helper()
	p := db.place
	tls := url.Values{"sslmode": {"verify-full"}, "sslrootcert": {p.cert("ca.crt")}}
	p.environ = append(p.environ[:len(p.environ):len(p.environ)],
		"FLYWAY_URL=jdbc:"+strings.Replace(p.url(nil, p.pg, db.Name, tls), "postgres:", "postgresql:", 1),
		"FLYWAY_USER=monitorink_owner", "FLYWAY_PASSWORD=monitorink_owner-secret")
	output, err := p.run("", "flyway.sh", arguments...)
	if err != nil {
		output = err.Error() // with all that it printed
	}
	return output, err
}

// Psql runs SQL by psql, and returns the rows without alignment: columns are parted
// by |, rows by line ends, and the last line end is cut.
func Psql(t testing.TB, url, sql string) string {
	t.Helper()
	output := find(t).must(t, "", "postgres.sh", "psql", "-v", "ON_ERROR_STOP=1", "-At", "-c", sql, "-d", url)
	return strings.TrimSuffix(output, "\n")
}
