//go:build integration

package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/store/postgres"
)

// TestADatabaseThatWillNotDoIsWaitedFor: what it lacks is said at /readyz and in the
// log, with the remedy, and nothing is taken off the topic.
func TestADatabaseThatWillNotDoIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.publish(measurements(100, 10, time.Now().Add(-time.Hour))...)
	behind := servers.EmptyDatabase(t)
	if out, err := servers.Flyway(t, behind, "migrate", fmt.Sprintf("-target=%d", postgres.SchemaVersion-1)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		name string
		db   servers.DB
		sql  string // of the owner, before the start
		want []string
	}{
		{"NoSchema", servers.EmptyDatabase(t), "", []string{"no schema yet", "make migrate"}},
		{"OneMigrationBehind", behind, "", []string{fmt.Sprintf("at version %d", postgres.SchemaVersion-1), postgres.SchemaScript, "make migrate"}},
		{"NoColumn", servers.Database(t), "alter table measurement drop column remote cascade", []string{"table measurement has no column remote inet", "flyway/sql"}},
		{"OtherType", servers.Database(t), "drop view gaps; alter table gap alter slots type numeric", []string{"column gap.slots is a numeric, and must be a bigint", "flyway/sql"}},
		{"NoKey", servers.Database(t), "alter table registration drop constraint registration_pkey", []string{"table registration has no valid unique index over (series, from_at)"}},
		{"NoRights", servers.Database(t), "revoke insert on measurement from monitorink; revoke execute on function drop_measurement_partitions(date) from monitorink", []string{
			`the role "monitorink" has not the rights`, `GRANT INSERT ON measurement TO "monitorink"`, "GRANT EXECUTE ON FUNCTION drop_measurement_partitions(date)", "make migrate",
		}},
		{"NoRightToTheSchema", servers.Database(t), "revoke usage on schema public from monitorink, public", []string{`the role "monitorink" has not the rights`, `GRANT USAGE ON SCHEMA "public"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.sql != "" {
				servers.Psql(t, c.db.AdminURL, c.sql)
			}
			env := w.env("MONITORINK_POSTGRES_URL=" + c.db.URL)
			says(t, env, 1, "collector check", append(c.want, "FAIL  Postgres: ", "ok    right to read "+w.topic)...)
			for _, program := range []string{"collector", "monitorink"} {
				addr := freeAddr(t)
				d := &daemon{start(t, program, append(env, "MONITORINK_COLLECTOR_ADDR="+addr, "MONITORINK_URLS=http://127.0.0.1:1/",
					"MONITORINK_SCHEDULE=0 0 29 2 *", "MONITORINK_DATA_DIR="+t.TempDir()), "run"), "http://" + addr}
				eventually(t, 30*time.Second, program+" says why it waits", func() bool {
					words, ok := d.problems()
					return ok && strings.Contains(words["store"], "waiting for the database") && containsAll(words["store"], c.want)
				})
				if get(d.url+"/livez", nil) != 200 {
					t.Errorf("%s is not alive while it waits", program)
				}
				ends(t, d.process)
				if !strings.Contains(d.out.String(), "the database is not ready") {
					t.Errorf("the log of %s does not say that it waits:\n%s", program, d.out)
				}
			}
			if committed, _, err := w.broker.Progress(w.group, w.topic, w.partitions); committed != 0 || err != nil {
				t.Errorf("%d messages are consumed: %v", committed, err)
			}
		})
	}
	if out, err := servers.Flyway(t, behind, "migrate"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	w.db = behind
	says(t, w.env(), 0, "collector check", "no partition yet for", "collector maintain")
	says(t, w.env(), 0, "collector maintain")
	says(t, w.env(), 0, "collector check", "ok    Postgres: partitions of today and tomorrow")
}

// TestTheCollectorGoesOnOnceFlywayHasRun: collectors start together with Flyway, which
// first fails, is tried again and succeeds; nobody touches them meanwhile.
func TestTheCollectorGoesOnOnceFlywayHasRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.db = servers.EmptyDatabase(t)
	w.publish(measurements(100, 10, time.Now().Add(-time.Hour))...)
	first, second := w.collector(), w.collector()
	wait := func(why string) {
		t.Helper()
		eventually(t, 30*time.Second, "both say: "+why, func() bool {
			a, ok := first.problems()
			b, ok2 := second.problems()
			return ok && ok2 && containsAll(a["store"], []string{why, "make migrate"}) && containsAll(b["store"], []string{why, "make migrate"})
		})
	}
	wait("no schema yet")

	broken := t.TempDir()
	for version := range postgres.SchemaVersion - 1 {
		copyMigration(t, fmt.Sprintf("V%d__*.sql", version+1), broken)
	}
	put(t, filepath.Join(broken, postgres.SchemaScript), "create table half (id integer);\nselect nonsense;")
	if out, err := servers.Flyway(t, w.db, "migrate", "-locations=filesystem:"+broken); err == nil || !strings.Contains(out, "nonsense") {
		t.Fatalf("the broken migration did not fail, with its reason: %v\n%s", err, out)
	}
	wait(fmt.Sprintf("at version %d, and this collector needs %d", postgres.SchemaVersion-1, postgres.SchemaVersion))
	if committed, _, err := w.broker.Progress(w.group, w.topic, w.partitions); committed != 0 || err != nil {
		t.Errorf("%d messages are consumed before there is a schema: %v", committed, err)
	}

	// As Kubernetes mounts a ConfigMap: each file is a link through ..data.
	mounted := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(mounted, "..1"), 0o700), os.Symlink("..1", filepath.Join(mounted, "..data"))); err != nil {
		t.Fatal(err)
	}
	for version := range postgres.SchemaVersion {
		name := copyMigration(t, fmt.Sprintf("V%d__*.sql", version+1), filepath.Join(mounted, "..1"))
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(mounted, name)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := servers.Flyway(t, w.db, "migrate", "-locations=filesystem:"+mounted); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := servers.Flyway(t, w.db, "validate"); err != nil {
		t.Errorf("it is another schema than that of flyway/sql: %v\n%s", err, out)
	}
	eventually(t, 60*time.Second, "the rows, and both ready", func() bool {
		return w.count("measurement") == 100 && first.ready() && second.ready()
	})
	for _, d := range []*daemon{first, second} {
		if !strings.Contains(d.out.String(), "the database is ready") {
			t.Errorf("the log does not say that it goes on:\n%s", tail(d.out.String()))
		}
	}
	ends(t, first.process, second.process)
}

func copyMigration(t *testing.T, pattern, to string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "flyway", "sql", pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(to, filepath.Base(files[0])), string(text))
	return filepath.Base(files[0])
}

func containsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// TestTopicsThatAreMissingAreWaitedFor makes them with the remedy that is named.
func TestTopicsThatAreMissingAreWaitedFor(t *testing.T) {
	t.Parallel()
	b, target := servers.Kafka(t), newWitness(t)
	w := &world{t: t, broker: b, db: servers.Database(t), topic: b.Absent(t), letters: b.Absent(t), group: "for-absent", partitions: 5}
	w.group += "-" + w.topic
	const remedy = "heartbeat topics apply"
	producer, consumer := w.heartbeat(t.TempDir(), target, 5), w.collector()
	eventually(t, 30*time.Second, "heartbeat names the remedy", func() bool {
		words, ok := producer.problems()
		return ok && strings.Contains(words["kafka"], remedy)
	})
	eventually(t, 30*time.Second, "collector names the remedy", func() bool {
		words, ok := consumer.problems()
		return ok && strings.Contains(words["queue"], remedy)
	})
	for _, d := range []*daemon{producer, consumer} {
		if said := strings.Count(d.out.String(), remedy); said < 1 || said > 20 {
			t.Errorf("%s has named the remedy %d times in its log", filepath.Base(d.cmd.Path), said)
		}
	}
	heartbeat := append(w.env(), "MONITORINK_URLS=http://127.0.0.1:1/", "MONITORINK_SCHEDULE=0 0 29 2 *", "MONITORINK_DATA_DIR="+t.TempDir())
	says(t, heartbeat, 1, "heartbeat check", "FAIL  topic "+w.topic, remedy, "MONITORINK_KAFKA_TOPIC")
	says(t, w.env(), 1, "collector check", "FAIL  topic "+w.topic, "FAIL  topic "+w.letters, remedy, "MONITORINK_KAFKA_DLQ_TOPIC", "ok    Postgres: ")
	says(t, w.env(), 0, "heartbeat topics plan --partitions 5", "create "+w.topic+": 5 partitions", "create "+w.letters)
	says(t, w.env(), 0, "heartbeat topics apply --partitions 5", "create "+w.topic, "create "+w.letters)
	eventually(t, 60*time.Second, "both ready by themselves", func() bool { return producer.ready() && consumer.ready() })
	w.wantSlots(producer, target, 5, nil)
	says(t, heartbeat, 0, "heartbeat check", "ok    topic "+w.topic+", 5 partitions", "ok    right to write "+w.topic)
	says(t, w.env(), 0, "collector check", "ok    topic "+w.letters, "ok    consumer group "+w.group)
	says(t, w.env(), 0, "heartbeat topics apply", "as they should be")
	ends(t, producer.process, consumer.process)
}

// TestWhatKeepsFromKafkaAndPostgresIsSaidInWords names the variable that is to blame.
func TestWhatKeepsFromKafkaAndPostgresIsSaidInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	compact := w.broker.Topic(t, 1, "cleanup.policy=compact")
	byName := strings.Replace(w.broker.SASL, "localhost", "127.0.0.1", 1)
	for _, c := range []struct {
		name string
		env  []string
		want []string
	}{
		{"CompactTopic", []string{"MONITORINK_KAFKA_TOPIC=" + compact}, []string{"cleanup.policy is compact", "MONITORINK_KAFKA_TOPIC"}},
		{"WrongPassword", append(w.bySCRAM(), "MONITORINK_KAFKA_PASSWORD_FILE="+secret(t, "wrong")), []string{"refuses the user name and password", "MONITORINK_KAFKA_PASSWORD"}},
		{"NoRights", append(w.bySCRAM(), "MONITORINK_KAFKA_USERNAME_FILE="+secret(t, w.broker.PowerlessUsername), "MONITORINK_KAFKA_PASSWORD_FILE="+secret(t, w.broker.PowerlessPassword)), []string{"no right", "MONITORINK_KAFKA_USERNAME"}},
		{"UnknownAuthority", append(w.bySCRAM(), "MONITORINK_KAFKA_CA_FILE="+w.broker.RogueCAFile), []string{"MONITORINK_KAFKA_CA_FILE"}},
		{"OtherHost", append(w.bySCRAM(), "MONITORINK_KAFKA_BROKERS="+byName), []string{"MONITORINK_KAFKA_BROKERS"}},
		{"NoCertificate", append(w.byCertificate(), "MONITORINK_KAFKA_CERT_FILE=", "MONITORINK_KAFKA_KEY_FILE="), []string{"MONITORINK_KAFKA_CERT_FILE"}},
		{"DatabasePassword", []string{"MONITORINK_POSTGRES_URL=" + strings.Replace(w.db.URL, "monitorink-secret", "wrong-secret", 1)}, []string{"password"}},
		{"DatabaseAuthority", []string{"MONITORINK_POSTGRES_URL=" + strings.Replace(w.db.URL, "ca.crt", "rogue.crt", 1)}, []string{"sslrootcert"}},
		{"DatabaseHost", []string{"MONITORINK_POSTGRES_URL=" + strings.Replace(w.db.URL, "localhost", "127.0.0.1", 1)}, []string{"127.0.0.1"}},
		{"DatabaseAbsent", []string{"MONITORINK_POSTGRES_URL=" + strings.Replace(w.db.URL, w.db.Name, "nowhere", 1)}, []string{"nowhere"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := says(t, w.env(c.env...), 1, "collector check", append(c.want, "FAIL ")...)
			for _, secret := range []string{"monitorink-secret", "wrong-secret"} {
				if strings.Contains(out, secret) {
					t.Errorf("it prints a secret:\n%s", out)
				}
			}
		})
	}
	says(t, append(w.env(), "MONITORINK_KAFKA_TOPIC="+compact), 0, "heartbeat topics plan", "cannot change "+compact, "cleanup.policy from compact to delete")
	says(t, w.env(), 0, "collector maintain")
	for name, env := range map[string][]string{"SCRAM": w.bySCRAM(), "certificates": w.byCertificate()} {
		if out := says(t, w.env(env...), 0, "collector check", "ok    right to read "+w.topic); strings.Contains(out, "FAIL") {
			t.Errorf("by %s:\n%s", name, out)
		}
	}
}
