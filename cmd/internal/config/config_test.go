package config_test

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/data"
)

var update = flag.Bool("update", false, "write env.sh, docs/settings.md and monitorink.env anew")

func TestWhatIsWrittenFromTheTableIsCurrent(t *testing.T) {
	for name, want := range map[string][]byte{"env.sh": config.EnvSh(), "docs/settings.md": config.Settings(), "deploy/systemd/monitorink.env": config.EnvFile()} {
		path := filepath.Join("../../..", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): make env", name, err)
		}
	}
}

func TestExamplesOfTheTableAreAccepted(t *testing.T) {
	examples := 0
	for _, v := range config.Variables() {
		if v.Example == "" {
			continue
		}
		examples++
		environ := []string{v.Name + "=" + v.Example, "MONITORINK_TOKEN=0123456789abcdef01234567"}
		switch {
		case strings.HasPrefix(v.Name, "MONITORINK_RETENTION_"):
			environ = append(environ, "MONITORINK_RETENTION=90d")
		case strings.HasPrefix(v.Name, "MONITORINK_KAFKA_C"), v.Name == "MONITORINK_KAFKA_KEY_FILE":
			environ = append(environ, "MONITORINK_KAFKA_TLS=on", "MONITORINK_KAFKA_CERT_FILE=cert.pem", "MONITORINK_KAFKA_KEY_FILE=key.pem")
		}
		if _, err := config.Load(environ); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
	if examples < 20 {
		t.Errorf("%d examples; that cannot be all", examples)
	}
}

func TestEnvShSetsTheDefaults(t *testing.T) {
	var environ []string
	for _, m := range regexp.MustCompile(`(?m)^export (\w+)="\$\{(\w+):-(.*)\}"$`).FindAllStringSubmatch(string(config.EnvSh()), -1) {
		if m[1] != m[2] {
			t.Errorf("%s is set from %s", m[1], m[2])
		}
		environ = append(environ, m[1]+"="+m[3])
	}
	got, err := config.Load(environ)
	want, err2 := config.Load(nil)
	if err != nil || err2 != nil || len(environ) < 20 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d variables: %+v (%v), want %+v (%v)", len(environ), got, err, want, err2)
	}
	for _, v := range config.Variables() {
		if !bytes.Contains(config.EnvSh(), []byte("export "+v.Name+"=")) {
			t.Errorf("env.sh lacks %s", v.Name)
		}
	}
}

func TestVariablesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range config.Variables() {
		if !strings.HasPrefix(v.Name, config.Prefix) || v.Help == "" || seen[v.Name] || seen[v.Twin()] {
			t.Errorf("%+v lacks its prefix or its help, or is there twice", v)
		}
		seen[v.Name] = true
		if v.Secret {
			seen[v.Twin()] = true
		}
	}
	for _, name := range []string{"MONITORINK_TOKEN_FILE", "MONITORINK_KAFKA_USERNAME_FILE", "MONITORINK_KAFKA_PASSWORD_FILE", "MONITORINK_POSTGRES_URL_FILE"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
	// Errors of the parser name fields, so these must be unique.
	fields := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if fields[f.Name] {
				t.Errorf("two fields are named %s", f.Name)
			}
			fields[f.Name] = true
			if _, ok := f.Tag.Lookup("env"); !ok {
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[config.Config]())
}

func TestNothingSetGivesTheDefaults(t *testing.T) {
	c, err := config.Load([]string{"HOME=/", "MONITORINK_TOKEN=", "MONITORINK_QUEUE=", "MONITORINK_LOG_LEVEL="})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Queue: "memory", Store: "memory", QueueURL: "http://127.0.0.1:8081", Monitors: "monitors.yaml",
		Schedule: data.Schedule{Every: data.Duration(10 * time.Second)}, Timeout: 5 * time.Second,
		DataDir: ".monitorink", SpoolSize: 1 << 30, BodyBudget: 64 << 20, Grace: 30 * time.Second,
		PostgresURL:   "postgres://monitorink@127.0.0.1:5432/monitorink",
		Linger:        50 * time.Millisecond,
		BatchWait:     100 * time.Millisecond,
		HeartbeatAddr: "127.0.0.1:8081", CollectorAddr: "127.0.0.1:8080", LogLevel: slog.LevelInfo, LogFormat: "text", StatusTitle: "Status",
	}
	want.Deny = []string{"metadata"}
	want.Kafka.Brokers, want.Kafka.Topic = []string{"127.0.0.1:9092"}, "monitorink.events"
	want.Kafka.Group, want.Kafka.DLQTopic = "monitorink-collector", "monitorink.dlq"
	if !reflect.DeepEqual(*c, want) {
		t.Errorf("%+v\nwant\n%+v", *c, want)
	}
}

func TestValuesAreRead(t *testing.T) {
	c, err := config.Load([]string{
		"MONITORINK_QUEUE=kafka", "MONITORINK_STORE=postgres", "MONITORINK_SCHEDULE=*/5 * * * *", "MONITORINK_TIMEOUT=1m",
		"MONITORINK_SPOOL_SIZE=1.5GiB", "MONITORINK_BODY_BUDGET=2000000", "MONITORINK_IN_FLIGHT=12", "MONITORINK_RETENTION=400d",
		"MONITORINK_KAFKA_BROKERS=a.example:9092, b.example:9092", "MONITORINK_KAFKA_TLS=on", "MONITORINK_KAFKA_CA_FILE=ca.pem",
		"MONITORINK_KAFKA_SASL=scram-sha-512", "MONITORINK_KAFKA_USERNAME=u", "MONITORINK_KAFKA_PASSWORD=p=q",
		"MONITORINK_HEARTBEAT_ADDR=[::1]:0", "MONITORINK_COLLECTOR_ADDR=:8080", "MONITORINK_TOKEN=t", "MONITORINK_LOG_LEVEL=debug",
		"MONITORINK_INSTANCE=hb-0", "MONITORINK_HOST_RATE=0.5", "MONITORINK_HOST_IN_FLIGHT=2", "MONITORINK_DENY=private, 8.8.8.8", "MONITORINK_ALLOW=10.0.0.1",
	})
	if err != nil {
		t.Fatal(err)
	}
	k := c.Kafka
	if c.Queue != config.QueueKafka || c.Store != config.StorePostgres || c.Schedule != (data.Schedule{Cron: "*/5 * * * *"}) || c.Timeout != time.Minute ||
		c.SpoolSize != 3<<29 || c.BodyBudget != 2e6 || c.InFlight != 12 || c.Retention != 400*24*time.Hour ||
		!reflect.DeepEqual(k.Brokers, []string{"a.example:9092", "b.example:9092"}) || !k.TLS || k.SASL != "scram-sha-512" ||
		k.Username != "u" || k.Password != "p=q" || c.LogLevel != slog.LevelDebug || c.Instance != "hb-0" ||
		c.HostRate != 0.5 || c.HostInFlight != 2 || !reflect.DeepEqual(c.Deny, []string{"private", "8.8.8.8"}) || !reflect.DeepEqual(c.Allow, []string{"10.0.0.1"}) {
		t.Errorf("%+v", *c)
	}
}

func TestSecretsMayStandInFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cr3t-s3cr3t-s3cr3t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load([]string{"MONITORINK_TOKEN_FILE=" + file, "MONITORINK_TOKEN=", "MONITORINK_HEARTBEAT_ADDR=0.0.0.0:8081"})
	if err != nil || c.Token != "s3cr3t-s3cr3t-s3cr3t" || len(c.Warnings) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	for value, want := range map[string]string{
		file:           `MONITORINK_TOKEN_FILE is "` + file + `": MONITORINK_TOKEN is set as well: set one of the two`,
		file + ".none": `MONITORINK_TOKEN_FILE is "` + file + `.none": name a file that can be read: open ` + file + `.none: no such file or directory`,
	} {
		environ := []string{"MONITORINK_TOKEN_FILE=" + value, "MONITORINK_COLLECTOR_ADDR=0.0.0.0:8080"}
		if value == file {
			environ = append(environ, "MONITORINK_TOKEN=x")
		}
		if _, err := config.Load(environ); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestWhatIsWrongInTheFileOfASecretIsToldOfTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	for name, c := range map[string]struct{ text, want string }{
		"MONITORINK_TOKEN_FILE":        {"two words", `in that file write printable ASCII without spaces`},
		"MONITORINK_POSTGRES_URL_FILE": {"mysql://x:s3cr3t@y/z", `in that file write `},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load([]string{name + "=" + file, "MONITORINK_STORE=postgres"})
		if want := name + ` is "` + file + `": ` + c.want; err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), c.text) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load([]string{"MONITORINK_TOKEN_FILE=" + file})
	if err != nil || len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], file+" has 5 characters") {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAFileOfASecretIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	for size, want := range map[int]string{64 << 10: "", 64<<10 + 1: "it has more than 65536 bytes"} {
		if err := os.WriteFile(file, []byte(strings.Repeat("x", size)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load([]string{"MONITORINK_TOKEN_FILE=" + file})
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v, want %q", size, err, want)
		}
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	_, err := config.Load([]string{
		"MONITORINK_QUEUE=rabbit", "MONITORINK_STORE=disk", "MONITORINK_QUEUE_URL=shop.example", "MONITORINK_SCHEDULE=@every soon",
		"MONITORINK_TIMEOUT=5", "MONITORINK_SPOOL_SIZE=1 bunch", "MONITORINK_IN_FLIGHT=-1", "MONITORINK_BODY_BUDGET=1KiB",
		"MONITORINK_GRACE=0s", "MONITORINK_KAFKA_BROKERS=a.example", "MONITORINK_KAFKA_TLS=maybe", "MONITORINK_KAFKA_CERT_FILE=c.pem",
		"MONITORINK_KAFKA_SASL=md5", "MONITORINK_KAFKA_DLQ_TOPIC=monitorink.events", "MONITORINK_POSTGRES_URL=mysql://joe:hunter2@db.example/",
		"MONITORINK_RETENTION=1h", "MONITORINK_HEARTBEAT_ADDR=8081", "MONITORINK_COLLECTOR_ADDR=:http", "MONITORINK_LOG_LEVEL=loud",
		"MONITORINK_LOG_FORMAT=xml", "MONITORINK_LOCATION=a\nb", "MONITORINK_TOKEN=a b", "MONITORINK_DENY=private,10.0.0.1/8", "MONITORINK_ALLOW=shop.example", "MONITORINK_HOST_RATE=1/s", "MONITORINK_HOST_IN_FLIGHT=two", "MONITORINK_METRICS_MONITORS=10001",
	})
	want := `MONITORINK_QUEUE is "rabbit": write memory, disk or kafka
MONITORINK_STORE is "disk": write memory or postgres
MONITORINK_QUEUE_URL is "shop.example": write a URL with http or https and a host, such as http://127.0.0.1:8081
MONITORINK_TOKEN is (secret): write printable ASCII without spaces: it travels in a header
MONITORINK_SCHEDULE is "@every soon": "soon" is not a duration: write a number and a unit, such as 500ms, 10s, 5m, 12h or 14d; or @every and a duration, such as @every 10s
MONITORINK_TIMEOUT is "5": write a number and a unit, such as 500ms, 10s, 5m, 12h or 14d
MONITORINK_LOCATION is "a\nb": it has a control character; write a short name
MONITORINK_SPOOL_SIZE is "1 bunch": write a number of bytes and a unit, such as 64MiB, 1GiB or 500MB
MONITORINK_IN_FLIGHT is "-1": write a whole number, not less than 0
MONITORINK_BODY_BUDGET is "1KiB": at least 1MiB is needed
MONITORINK_GRACE is "0s": at least 1ms is needed
MONITORINK_DENY is "private,10.0.0.1/8": "10.0.0.1/8" has bits behind its /8; write 10.0.0.0/8, or the address alone
MONITORINK_ALLOW is "shop.example": "shop.example" is not an address, a network or a preset (all, loopback, metadata, private), and names are not looked up; write such as 10.1.2.3, 10.0.0.0/8 or fd00::/8
MONITORINK_HOST_IN_FLIGHT is "two": write a whole number, not less than 0
MONITORINK_HOST_RATE is "1/s": write a number of times in a second, from 0.001 to 1000000, or 0
MONITORINK_KAFKA_BROKERS is "a.example": write host:port, several with commas between them
MONITORINK_KAFKA_DLQ_TOPIC is "monitorink.events": dead letters need a topic of their own, not that of MONITORINK_KAFKA_TOPIC
MONITORINK_KAFKA_TLS is "maybe": write on or off
MONITORINK_KAFKA_KEY_FILE is not set: a client's certificate and its key go together: set both or none
MONITORINK_KAFKA_SASL is "md5": write off, plain, scram-sha-256 or scram-sha-512
MONITORINK_POSTGRES_URL is (secret): write a URL such as postgres://user:password@host:5432/database?sslmode=verify-full
MONITORINK_RETENTION is "1h": at least 24h is needed
MONITORINK_HEARTBEAT_ADDR is "8081": write host:port, such as 127.0.0.1:8080; :8080 is every address of the machine
MONITORINK_COLLECTOR_ADDR is ":http": write host:port, such as 127.0.0.1:8080; :8080 is every address of the machine
MONITORINK_METRICS_MONITORS is "10001": at most 10000 are allowed
MONITORINK_LOG_LEVEL is "loud": write debug, info, warn or error
MONITORINK_LOG_FORMAT is "xml": write text or json`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	var one *config.Error
	if !errors.As(err, &one) || one.Variable != "MONITORINK_QUEUE" {
		t.Errorf("%#v is not the first Error", one)
	}
}

func TestWhatBelongsTogether(t *testing.T) {
	for _, v := range []struct{ environ, want string }{
		{"MONITORINK_HEARTBEAT_ADDR=0.0.0.0:8081", "MONITORINK_TOKEN is not set: MONITORINK_HEARTBEAT_ADDR is not a loopback address, so a token is required; set it, or MONITORINK_TOKEN_FILE"},
		{"MONITORINK_COLLECTOR_ADDR=:8080", "MONITORINK_TOKEN is not set: MONITORINK_COLLECTOR_ADDR is"},
		{"MONITORINK_QUEUE_URL=http://hb.example:8081", "MONITORINK_TOKEN is not set: MONITORINK_QUEUE_URL is"},
		{"MONITORINK_QUEUE_URL=http://hb.example:8081 MONITORINK_QUEUE=kafka", ""},
		{"MONITORINK_HEARTBEAT_ADDR=localhost:0 MONITORINK_COLLECTOR_ADDR=[::ffff:127.0.0.9]:1", ""},
		{"MONITORINK_KAFKA_SASL=plain MONITORINK_KAFKA_USERNAME=u", "MONITORINK_KAFKA_PASSWORD is not set: MONITORINK_KAFKA_SASL=plain needs it"},
		{"MONITORINK_KAFKA_BROKERS=kafka://u:hunter2@a.example:9092", "MONITORINK_KAFKA_BROKERS is (secret): write host:port, several with commas between them; no scheme"},
		{"MONITORINK_KAFKA_BROKERS=u:hunter2@a.example:9092", "MONITORINK_KAFKA_BROKERS is (secret): write host:port"},
		{"MONITORINK_KAFKA_BROKERS=hunter2@a.example", "MONITORINK_KAFKA_BROKERS is (secret): write host:port"},
		{"MONITORINK_HEARTBEAT_ADDR=http://u:hunter2@127.0.0.1:80", "MONITORINK_HEARTBEAT_ADDR is (secret): write host:port"},
		{"MONITORINK_ALLOW=http://u:hunter2@10.0.0.1/", "MONITORINK_ALLOW is (secret): \"…@10.0.0.1/\" is not an address"},
		{"MONITORINK_QUEUE_URL=http://u:hunter2@a.example:9092", "MONITORINK_QUEUE_URL is (secret): "},
		{"MONITORINK_POSTGRES_URL=postgres://u:a@b#c@db.example/d", "MONITORINK_POSTGRES_URL is (secret): percent-encode what is special in the password: %40 for @"},
		{"MONITORINK_POSTGRES_URL=postgres://u:a/b@db.example/d", "MONITORINK_POSTGRES_URL is (secret): "},
		{"MONITORINK_POSTGRES_URL=postgres://u:a%40b%23c@db.example/d", ""},
		{"MONITORINK_KAFKA_CA_FILE=ca.pem", `MONITORINK_KAFKA_TLS is "off": certificates are given, so write on`},
		{"MONITORINK_RETENTION_HOURS=400d", `MONITORINK_RETENTION_HOURS is "400d": MONITORINK_RETENTION is off, and hours are made of what that drops`},
		{"MONITORINK_RETENTION=30d MONITORINK_RETENTION_HOURS=29d", `MONITORINK_RETENTION_HOURS is "29d": at least 720h0m0s is needed`},
		{"MONITORINK_RETENTION=30d MONITORINK_RETENTION_HOURS=30d MONITORINK_RETENTION_DAYS=30d", ""},
		{"MONITORINK_RETENTION=30d MONITORINK_RETENTION_HOURS=400d MONITORINK_RETENTION_DAYS=399d", `MONITORINK_RETENTION_DAYS is "399d": at least 9600h0m0s is needed`},
		{"MONITORINK_RETENTION=30d MONITORINK_RETENTION_DAYS=29d", `MONITORINK_RETENTION_DAYS is "29d": at least 720h0m0s is needed`},
		{"MONITORINK_RETENTION_DAYS=23h", `MONITORINK_RETENTION_DAYS is "23h": at least 24h0m0s is needed`},
		{"MONITORINK_RETENTION_DAYS=4000d", ""},
	} {
		_, err := config.Load(strings.Fields(v.environ))
		if (err == nil) != (v.want == "") || err != nil && (!strings.HasPrefix(err.Error(), v.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %s", v.environ, err, v.want)
		}
	}
}

func TestMonitorsThatAreNotThereAreNotMissedBesideURLs(t *testing.T) {
	c, err := config.Load([]string{"MONITORINK_URLS=http://a.example", "MONITORINK_MONITORS=/there/is/nothing.yaml"})
	if err != nil || len(c.Warnings) > 0 {
		t.Errorf("%v, warnings %q", err, c.Warnings)
	}
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	c, err := config.Load([]string{
		"MONITORINK_QUEU=disk", "MONITORINK_KAFKA_PASSWORD_FLIE=x", "MONITORINK_ZZZZZZZZZZZZZZZZZZZZZZZZZZ=1", "OTHER=1",
		"MONITORINK_URLS=http://a.example", "MONITORINK_MONITORS=config_test.go",
	})
	want := []string{
		"MONITORINK_KAFKA_PASSWORD_FLIE is not a variable that is known here: did you mean MONITORINK_KAFKA_PASSWORD_FILE?",
		"MONITORINK_QUEU is not a variable that is known here: did you mean MONITORINK_QUEUE?",
		"MONITORINK_ZZZZZZZZZZZZZZZZZZZZZZZZZZ is not a variable that is known here",
		"MONITORINK_MONITORS is not read, because MONITORINK_URLS is set",
	}
	if err != nil || !reflect.DeepEqual(c.Warnings, want) {
		t.Errorf("%q, %v; want %q", c.Warnings, err, want)
	}
}

func TestAPasswordInTheClearIsWarnedOf(t *testing.T) {
	environ := []string{"MONITORINK_QUEUE=kafka", "MONITORINK_KAFKA_SASL=plain", "MONITORINK_KAFKA_USERNAME=u", "MONITORINK_KAFKA_PASSWORD=p"}
	c, err := config.Load(environ)
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "MONITORINK_KAFKA_TLS") {
		t.Errorf("%q, %v; want one warning that names MONITORINK_KAFKA_TLS", c.Warnings, err)
	}
	c, err = config.Load(append(environ, "MONITORINK_KAFKA_TLS=on"))
	if err != nil || len(c.Warnings) != 0 {
		t.Errorf("%q, %v; want no warning with TLS", c.Warnings, err)
	}
}

func TestSettingsWithoutEffectAreWarnedOf(t *testing.T) {
	for environ, want := range map[string]string{
		"MONITORINK_KAFKA_BROKERS=a.example:9092":                                   "MONITORINK_KAFKA_BROKERS is set, but no Kafka is used: MONITORINK_QUEUE is memory",
		"MONITORINK_KAFKA_BROKERS=127.0.0.1:9092":                                   "",
		"MONITORINK_KAFKA_BROKERS=a.example:9092 MONITORINK_QUEUE=kafka":            "",
		"MONITORINK_POSTGRES_URL=postgres://db.example/d":                           "MONITORINK_POSTGRES_URL is set, but no Postgres is used: MONITORINK_STORE is memory",
		"MONITORINK_POSTGRES_URL=postgres://db.example/d MONITORINK_STORE=postgres": "",
		"MONITORINK_RETENTION_DAYS=4000d":                                           "MONITORINK_RETENTION_DAYS is set, but no Postgres is used: MONITORINK_STORE is memory",
		"MONITORINK_RETENTION_DAYS=4000d MONITORINK_STORE=postgres":                 "",
		"MONITORINK_ALLOW=10.1.0.0/16":                                              "MONITORINK_ALLOW has 10.1.0.0/16, which nothing denies: it makes exceptions only; to deny all else, set MONITORINK_DENY=all",
		"MONITORINK_ALLOW=10.1.0.0/16,169.254.169.254 MONITORINK_DENY=private":      "",
	} {
		c, err := config.Load(strings.Fields(environ))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Warnings, "\n"); got != want {
			t.Errorf("%s: %q, want %q", environ, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for s, want := range map[string]int64{"0": 0, "4096": 4096, "7B": 7, "64MiB": 64 << 20, "1.5 GiB": 3 << 29, "500MB": 5e8, "2kB": 2000, "1TiB": 1 << 40} {
		if got, err := config.ParseSize(s); err != nil || got != want {
			t.Errorf("%q is %d (%v), want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "MiB", "-1MiB", "1e3", "NaN", "Inf", "0x10", "1.2.3MiB", "99999999999TiB", "1 bunch", "10Mi"} {
		if got, err := config.ParseSize(s); err == nil {
			t.Errorf("%q is %d, want an error", s, got)
		}
	}
}

func TestAnEmptySecretFileIsNoSecret(t *testing.T) {
	_, err := config.Load([]string{"MONITORINK_TOKEN_FILE=/dev/null"})
	if err == nil || !strings.Contains(err.Error(), "MONITORINK_TOKEN_FILE") || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("%v, want the variable named", err)
	}
}

func TestALongValueIsNotRepeatedWhole(t *testing.T) {
	for _, name := range []string{"MONITORINK_LOCATION", "MONITORINK_TIMEOUT", "MONITORINK_SCHEDULE", "MONITORINK_QUEUE"} {
		_, err := config.Load([]string{name + "=" + strings.Repeat("ä", 5000)})
		if err == nil || len(err.Error()) > 1000 || !strings.Contains(err.Error(), name+` is "ä`) || !strings.Contains(err.Error(), "ä…\"") {
			t.Errorf("%s: %.1200v, want it short", name, err)
		}
	}
}
