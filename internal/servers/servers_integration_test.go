//go:build integration

package servers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/internal/servers"
)

func TestKcatAndConsoleAgree(t *testing.T) {
	topic := servers.Kafka(t).Topic(t, 3)
	want := []string{"one", "two", "three"}
	servers.ConsoleProducer(t, topic, want...)
	got := servers.ConsoleConsumer(t, topic, len(want))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the console consumer read %q, want %q", got, want)
	}
	got = strings.Fields(servers.Kcat(t, "-C", "-e", "-t", topic, "-f", `%s\n`))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("kcat read %q, want %q", got, want)
	}
}

func TestTopicHasPartitionsAndConfig(t *testing.T) {
	broker := servers.Kafka(t)
	var topic string
	t.Run("while the test runs", func(t *testing.T) {
		topic = broker.Topic(t, 5, "cleanup.policy=compact")
		if list := servers.Kcat(t, "-L", "-t", topic); !strings.Contains(list, `"`+topic+`" with 5 partitions`) {
			t.Errorf("kcat lists %s", list)
		}
	})
	if list := servers.Kcat(t, "-L"); strings.Contains(list, topic) {
		t.Errorf("the topic is still there: %s", list)
	}
}

// The SCRAM that kcat has in Debian 12 is refused since Kafka 3.9 (CVE-2024-56128 was
// of that kind); queue/kafka's own tests log in by SCRAM.
func TestListenersLetInWhomTheyShould(t *testing.T) {
	broker := servers.Kafka(t)
	topic := broker.Topic(t, 1)
	sasl := []string{"-b", broker.SASL, "-X", "security.protocol=sasl_ssl", "-X", "ssl.ca.location=" + broker.CAFile,
		"-X", "sasl.username=" + broker.Username, "-X", "sasl.password=" + broker.Password}
	mtls := []string{"-b", broker.MTLS, "-X", "security.protocol=ssl", "-X", "ssl.ca.location=" + broker.CAFile,
		"-X", "ssl.certificate.location=" + broker.CertFile, "-X", "ssl.key.location=" + broker.KeyFile}
	for name, client := range map[string][]string{
		"plain":      append(slices.Clone(sasl), "-X", "sasl.mechanism=PLAIN"),
		"mutual TLS": mtls,
	} {
		t.Run(name, func(t *testing.T) {
			if list := servers.Kcat(t, append(client, "-L", "-t", topic)...); !strings.Contains(list, "with 1 partitions") {
				t.Errorf("kcat lists %s", list)
			}
		})
	}
	t.Run("powerless", func(t *testing.T) {
		client := append(slices.Clone(sasl), "-X", "sasl.mechanism=PLAIN", "-X", "sasl.username="+broker.PowerlessUsername,
			"-X", "sasl.password="+broker.PowerlessPassword, "-L", "-t", topic)
		if list := servers.Kcat(t, client...); !strings.Contains(list, "authorization failed") {
			t.Errorf("kcat lists %s", list)
		}
	})
}

func TestBrokerComesBackWithItsTopics(t *testing.T) {
	broker := servers.Kafka(t)
	topic := broker.Topic(t, 2)
	servers.ConsoleProducer(t, topic, "kept")
	broker.Kill(t)
	broker.Start(t)
	if got := servers.ConsoleConsumer(t, topic, 1); got[0] != "kept" {
		t.Errorf("read %q after a kill -9", got)
	}
}

func TestDatabaseIsMigratedAndOnesOwn(t *testing.T) {
	one, two := servers.Database(t), servers.Database(t)
	servers.Psql(t, one.AdminURL, `create table witness (n int); copy (select generate_series(1, 500)) to stdout`)
	if got := servers.Psql(t, one.AdminURL, "select count(*) from flyway_schema_history where success"); got == "0" {
		t.Error("no migration is written down")
	}
	if got := servers.Psql(t, two.AdminURL, "select to_regclass('witness') is null"); got != "t" {
		t.Error("two tests share a database")
	}
	for name, url := range map[string]string{"monitorink": one.URL, "monitorink_cert": one.CertURL, "monitorink_owner": one.OwnerURL, "postgres": one.AdminURL} {
		if got := servers.Psql(t, url, "select current_user || ' ' || ssl from pg_stat_ssl where pid = pg_backend_pid()"); got != name+" true" {
			t.Errorf("logged in as %s, want %s with TLS", got, name)
		}
	}
	if got := servers.Psql(t, one.BouncerURL, "select current_user"); got != "monitorink" {
		t.Errorf("through pgbouncer: %s", got)
	}
	if got := servers.Psql(t, one.URL, "select has_database_privilege(current_database(), 'create') or has_schema_privilege('public', 'create')"); got != "f" {
		t.Error("the collector's role may create")
	}
}

func TestPostgresComesBackAfterACrash(t *testing.T) {
	db := servers.EmptyDatabase(t)
	servers.Psql(t, db.OwnerURL, "create table kept as select generate_series(1, 1000) n")
	servers.KillPostgres(t)
	servers.StartPostgres(t)
	if got := servers.Psql(t, db.OwnerURL, "select count(*) from kept"); got != "1000" {
		t.Errorf("%s rows after the crash, want 1000", got)
	}
}

func TestFlywayRefusesAnEditedMigration(t *testing.T) {
	db := servers.Database(t)
	if output, err := servers.Flyway(t, db, "validate"); err != nil {
		t.Fatalf("validate what was migrated: %v\n%s", err, output)
	}
	edited := t.TempDir()
	files, err := filepath.Glob("../../flyway/sql/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			text = append(text, "select 1;\n"...)
		}
		if err := os.WriteFile(filepath.Join(edited, filepath.Base(file)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output, err := servers.Flyway(t, db, "-locations=filesystem:"+edited, "validate")
	if err == nil || !strings.Contains(output, "checksum mismatch") {
		t.Errorf("validate an edited migration: %v\n%s", err, output)
	}
}
