package config

import (
	"cmp"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/shard"
	"github.com/monitorink/monitorink/data"
)

// Prefix begins the name of every variable.
const Prefix = "MONITORINK_"

// The queues and stores that there are.
const (
	QueueMemory   = "memory"
	QueueDisk     = "disk"
	QueueKafka    = "kafka"
	StoreMemory   = "memory"
	StorePostgres = "postgres"
)

// A Config is what the environment chose. The names of its fields are unique,
// those of Kafka included.
type Config struct {
	Queue string `env:"MONITORINK_QUEUE" default:"memory" allowed:"memory,disk,kafka" section:"Queue and store" help:"memory (gone with the process) | disk (heartbeat's spool, lossless) | kafka (a topic, fed from the spool)"`
	Store string `env:"MONITORINK_STORE" default:"memory" allowed:"memory,postgres" read:"collector,monitorink" help:"memory (gone with the process) | postgres (migrated by flyway)"`

	QueueURL string `env:"MONITORINK_QUEUE_URL" default:"http://127.0.0.1:8081" read:"collector" example:"http://probe.example:8081" help:"where a collector of its own finds heartbeat's queue, when that is memory or disk"`
	Token    string `env:"MONITORINK_TOKEN" secret:"true" help:"opens everything: what heartbeat and collector prove themselves with, and people sign in with; required as soon as an address is not loopback"`

	ReadToken string   `env:"MONITORINK_READ_TOKEN" secret:"true" help:"a second token, which opens the page, the API and the metrics to look, and changes nothing"`
	Hosts     []string `env:"MONITORINK_HOSTS" example:"monitor.home.example" help:"without a token: comma-separated names, beside localhost, that a listener answers to; any other in a Host header is refused"`

	Monitors string        `env:"MONITORINK_MONITORS" default:"monitors.yaml" section:"What is probed, when and from where" read:"heartbeat,monitorink" example:"/etc/monitorink/monitors.yaml" help:"a YAML file of monitors, or a folder of such files"`
	URLs     string        `env:"MONITORINK_URLS" read:"heartbeat,monitorink" example:"https://shop.example/,https://blog.example/" help:"comma-separated URLs to watch, in place of a file"`
	Shard    shard.Shard   `env:"MONITORINK_SHARD" read:"heartbeat,monitorink" example:"1/3" help:"which part of the monitors is this heartbeat's, when several at one location share them: 1/3, 2/3, 3/3; empty: all"`
	Schedule data.Schedule `env:"MONITORINK_SCHEDULE" default:"@every 10s" read:"heartbeat,monitorink" example:"*/5 * * * *" help:"when to probe monitors that say nothing: @every and a duration, or five cron fields in UTC"`
	Timeout  time.Duration `env:"MONITORINK_TIMEOUT" default:"5s" read:"heartbeat,monitorink" least:"1ms" example:"800ms" help:"how long a probe may take, for monitors that say nothing; never longer than the interval"`

	Location string `env:"MONITORINK_LOCATION" read:"heartbeat,monitorink" example:"ber1" help:"where this heartbeat probes from; the host name at first, then what was persisted"`
	Instance string `env:"MONITORINK_INSTANCE" read:"heartbeat,monitorink" example:"hb-0" help:"the name of this process in events; the host name when empty"`

	DataDir    string        `env:"MONITORINK_DATA_DIR" default:".monitorink" section:"Heartbeat's disk and bounds" example:"/var/lib/monitorink" help:"the folder of the spool, the persisted definitions and the lock"`
	SpoolSize  int64         `env:"MONITORINK_SPOOL_SIZE" default:"1GiB" read:"heartbeat,monitorink" least:"1MiB" example:"4GiB" help:"the most that the spool takes of the disk"`
	InFlight   int           `env:"MONITORINK_IN_FLIGHT" default:"0" read:"heartbeat,monitorink" most:"1000000" example:"4096" help:"probes at once; 0: from the machine"`
	BodyBudget int64         `env:"MONITORINK_BODY_BUDGET" default:"64MiB" read:"heartbeat,monitorink" least:"1MiB" example:"256MiB" help:"bytes of response bodies held at once; one body takes 1MiB at most"`
	Grace      time.Duration `env:"MONITORINK_GRACE" default:"30s" least:"1ms" example:"10s" help:"how long a drain may take"`

	Deny  []string `env:"MONITORINK_DENY" default:"metadata" section:"Where probes may go" read:"heartbeat,monitorink" example:"private,203.0.113.0/24" help:"what probes may not connect to: addresses, networks such as 10.0.0.0/8, and the presets metadata (of clouds; always denied), private, loopback, all"`
	Allow []string `env:"MONITORINK_ALLOW" read:"heartbeat,monitorink" example:"10.1.0.0/16,192.168.7.20" help:"exceptions from MONITORINK_DENY, in the same form; the most specific entry decides"`

	HostInFlight int     `env:"MONITORINK_HOST_IN_FLIGHT" default:"0" read:"heartbeat,monitorink" example:"2" help:"probes at once toward one host; 0: any number"`
	HostRate     float64 `env:"MONITORINK_HOST_RATE" default:"0" read:"heartbeat,monitorink" example:"0.5" help:"probes in a second toward one host, such as 5 or 0.5; 0: any number"`

	Linger    time.Duration `env:"MONITORINK_LINGER" default:"50ms" section:"How long an event may wait" read:"heartbeat,monitorink" least:"0s" most:"10s" example:"5ms" help:"how long a result waits for others to share its way to the disk; 0s: not at all"`
	BatchWait time.Duration `env:"MONITORINK_BATCH_WAIT" default:"100ms" read:"collector,monitorink" least:"0s" most:"10s" example:"5ms" help:"how long collector lets an event wait for others to share its transaction; 0s: not at all"`

	Kafka struct {
		Brokers  []string `env:"MONITORINK_KAFKA_BROKERS" default:"127.0.0.1:9092" section:"Kafka" example:"kafka-1.example:9092,kafka-2.example:9092" help:"comma-separated host:port"`
		Topic    string   `env:"MONITORINK_KAFKA_TOPIC" default:"monitorink.events" help:"the topic of events"`
		Group    string   `env:"MONITORINK_KAFKA_GROUP" default:"monitorink-collector" read:"collector,monitorink" help:"the collectors' consumer group"`
		DLQTopic string   `env:"MONITORINK_KAFKA_DLQ_TOPIC" default:"monitorink.dlq" help:"the topic of dead letters"`
		TLS      bool     `env:"MONITORINK_KAFKA_TLS" default:"off" off:"false" help:"on | off"`
		CAFile   string   `env:"MONITORINK_KAFKA_CA_FILE" example:"/run/secrets/ca.pem" help:"PEM of the authority that signs the brokers; the system's when empty"`
		CertFile string   `env:"MONITORINK_KAFKA_CERT_FILE" example:"/run/secrets/service.cert" help:"PEM of the client's certificate"`
		KeyFile  string   `env:"MONITORINK_KAFKA_KEY_FILE" example:"/run/secrets/service.key" help:"PEM of the client's key"`
		SASL     string   `env:"MONITORINK_KAFKA_SASL" default:"off" off:"" allowed:"off,plain,scram-sha-256,scram-sha-512" help:"off | plain | scram-sha-256 | scram-sha-512"`
		Username string   `env:"MONITORINK_KAFKA_USERNAME" secret:"true" help:"of SASL"`
		Password string   `env:"MONITORINK_KAFKA_PASSWORD" secret:"true" help:"of SASL"`
	}
	PostgresURL    string        `env:"MONITORINK_POSTGRES_URL" default:"postgres://monitorink@127.0.0.1:5432/monitorink" secret:"true" section:"Postgres" read:"collector,monitorink" example:"postgres://monitorink@db.example/monitorink?sslmode=verify-full" help:"a libpq URL, sslmode and all"`
	Retention      time.Duration `env:"MONITORINK_RETENTION" default:"off" off:"0s" read:"collector,monitorink" least:"24h" example:"90d" help:"off, or the age at which rows are dropped: at least the topic's retention and the spool's age together"`
	RetentionHours time.Duration `env:"MONITORINK_RETENTION_HOURS" default:"off" off:"0s" read:"collector,monitorink" example:"400d" help:"off, or the age at which rollups by the hour are dropped, by whole months; at least MONITORINK_RETENTION"`
	RetentionDays  time.Duration `env:"MONITORINK_RETENTION_DAYS" default:"off" off:"0s" read:"collector,monitorink" example:"3650d" help:"off, or the age at which rollups by the day are dropped, by whole years"`

	HeartbeatAddr string `env:"MONITORINK_HEARTBEAT_ADDR" default:"127.0.0.1:8081" section:"Listeners, and who may see what" read:"heartbeat" example:":8081" help:"where heartbeat listens for HTTP"`
	CollectorAddr string `env:"MONITORINK_COLLECTOR_ADDR" default:"127.0.0.1:8080" read:"collector,monitorink" example:":8080" help:"where collector, or both in one process, listen for HTTP: API and page"`

	StatusLabels []string `env:"MONITORINK_STATUS_LABELS" read:"collector,monitorink" example:"public:yes" help:"turns on the public page /status and public badges, for monitors with these labels: key:value, several with commas between them (of one key any, of different keys all)"`
	StatusTitle  string   `env:"MONITORINK_STATUS_TITLE" default:"Status" read:"collector,monitorink" example:"Shop" help:"the title of the public page"`

	PprofAddr string `env:"MONITORINK_PPROF_ADDR" default:"off" off:"" example:"127.0.0.1:6060" help:"off, or a loopback host:port where Go's pprof listens, such as 127.0.0.1:6060"`

	MetricsMonitors int `env:"MONITORINK_METRICS_MONITORS" default:"0" read:"collector,monitorink" most:"10000" example:"500" help:"monitors that collector's /metrics has series of, the first by their ids; 0: none; each takes five series"`

	LogLevel  slog.Level `env:"MONITORINK_LOG_LEVEL" default:"info" allowed:"debug,info,warn,error" section:"Logs" help:"debug | info | warn | error"`
	LogFormat string     `env:"MONITORINK_LOG_FORMAT" default:"text" allowed:"text,json" help:"text | json"`

	// Warnings are to be shown to the user: variables that nobody knows, and
	// settings that have no effect.
	Warnings []string `env:"-"`
}

// A Variable is one line of the table.
type Variable struct {
	Name    string
	Default string // as it would be written; empty: none
	Help    string
	// Secret variables have a twin with _FILE at its end, and are never shown.
	Secret bool
	// Allowed values, where there are few; else their Form, the Least and the Most,
	// as they would be written, and an Example of what is no default.
	Allowed                    []string
	Form, Least, Most, Example string
	// Read names the programs that read it.
	Read []string
	// Section is the heading that begins with it.
	Section string

	field  string
	off    string
	hasOff bool
}

// Twin is the name of the variable that names a file with the value, or empty.
func (v Variable) Twin() string {
	if !v.Secret {
		return ""
	}
	return v.Name + "_FILE"
}

// forms says how a value of a type is written.
var forms = map[reflect.Type]string{
	reflect.TypeFor[time.Duration](): "duration",
	reflect.TypeFor[int64]():         "size",
	reflect.TypeFor[int]():           "whole number",
	reflect.TypeFor[float64]():       "number",
	reflect.TypeFor[bool]():          "switch",
	reflect.TypeFor[[]string]():      "list",
}

// Variables lists all variables, in the order of the documentation.
func Variables() []Variable { return variables(reflect.TypeFor[Config]()) }

func variables(t reflect.Type) []Variable {
	var list []Variable
	for f := range fields(t) {
		name, ok := f.Tag.Lookup("env")
		switch {
		case !ok:
			list = append(list, variables(f.Type)...)
			continue
		case name == "-":
			continue
		}
		v := Variable{
			Name: name, Default: f.Tag.Get("default"), Help: f.Tag.Get("help"),
			Secret: f.Tag.Get("secret") == "true", field: f.Name,
			Form: forms[f.Type], Least: f.Tag.Get("least"), Most: f.Tag.Get("most"), Example: f.Tag.Get("example"),
			Read:    strings.Split(cmp.Or(f.Tag.Get("read"), "heartbeat,collector,monitorink"), ","),
			Section: f.Tag.Get("section"),
		}
		v.off, v.hasOff = f.Tag.Lookup("off")
		if allowed := f.Tag.Get("allowed"); allowed != "" {
			v.Allowed = strings.Split(allowed, ",")
		}
		list = append(list, v)
	}
	return list
}

func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}
