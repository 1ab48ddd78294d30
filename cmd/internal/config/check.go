package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe/policy"
)

const (
	minSpool     = 1 << 20
	minBudget    = 1 << 20 // one body
	maxInFlight  = 1_000_000
	minRetention = 24 * time.Hour
	maxSeries    = 10_000
	maxWait      = 10 * time.Second
	minToken     = 16
)

// check notes what the table cannot say: bounds, forms, and what belongs
// together.
func (l *loader) check(c *Config) {
	l.atLeast("MONITORINK_TIMEOUT", c.Timeout, time.Millisecond)
	l.atLeast("MONITORINK_GRACE", c.Grace, time.Millisecond)
	l.atMost("MONITORINK_LINGER", c.Linger, maxWait)
	l.atMost("MONITORINK_BATCH_WAIT", c.BatchWait, maxWait)
	if c.Retention != 0 {
		l.atLeast("MONITORINK_RETENTION", c.Retention, minRetention)
	}
	if c.RetentionHours != 0 {
		switch {
		case c.Retention == 0:
			l.wrong("MONITORINK_RETENTION_HOURS", "MONITORINK_RETENTION is off, and hours are made of what that drops: set it as well, or leave both off")
		default:
			l.atLeast("MONITORINK_RETENTION_HOURS", c.RetentionHours, c.Retention)
		}
	}
	if c.RetentionDays != 0 {
		l.atLeast("MONITORINK_RETENTION_DAYS", c.RetentionDays, max(c.Retention, c.RetentionHours, minRetention))
	}
	if c.SpoolSize < minSpool {
		l.wrong("MONITORINK_SPOOL_SIZE", "at least 1MiB is needed")
	}
	if c.BodyBudget < minBudget {
		l.wrong("MONITORINK_BODY_BUDGET", "at least 1MiB is needed, which is one body")
	}
	if c.InFlight > maxInFlight {
		l.wrong("MONITORINK_IN_FLIGHT", "at most %d are allowed", maxInFlight)
	}
	if c.MetricsMonitors > maxSeries {
		l.wrong("MONITORINK_METRICS_MONITORS", "at most %d are allowed: each takes five series", maxSeries)
	}
	for name, id := range map[string]string{"MONITORINK_LOCATION": c.Location, "MONITORINK_INSTANCE": c.Instance} {
		if id == "" {
			continue
		}
		if err := data.CheckID(id); err != nil {
			l.wrong(name, "%v; write a short name", err)
		}
	}
	if _, err := policy.Parse(c.Deny, nil); err != nil {
		l.wrong(policy.DenyVariable, "%v", err)
	}
	if _, err := policy.Parse(nil, c.Allow); err != nil {
		l.wrong(policy.AllowVariable, "%v", err)
	}
	l.checkKafka(c)
	switch u, err := url.Parse(c.PostgresURL); {
	case err == nil && strings.Contains(u.Path+u.RawQuery+u.Fragment, "@"):
		l.wrong("MONITORINK_POSTGRES_URL", "percent-encode what is special in the password: %%40 for @, %%23 for #, %%2F for /, %%3F for ?")
	case err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql":
		l.wrong("MONITORINK_POSTGRES_URL", "write a URL such as postgres://user:password@host:5432/database?sslmode=verify-full")
	}
	l.checkAddresses(c)
}

func (l *loader) atLeast(name string, d, least time.Duration) {
	if d < least {
		l.wrong(name, "at least %v is needed", data.Duration(least))
	}
}

func (l *loader) atMost(name string, d, most time.Duration) {
	if d < 0 || d > most {
		l.wrong(name, "from 0s to %v is allowed", data.Duration(most))
	}
}

func (l *loader) checkKafka(c *Config) {
	k := &c.Kafka
	for _, b := range k.Brokers {
		if strings.Contains(b, "/") {
			l.wrong("MONITORINK_KAFKA_BROKERS", "write host:port, several with commas between them; no scheme, and no user or password, which have variables of their own")
		}
		if !isAddress(b) || strings.HasPrefix(b, ":") {
			l.wrong("MONITORINK_KAFKA_BROKERS", "write host:port, several with commas between them")
		}
	}
	if k.Topic == k.DLQTopic {
		l.wrong("MONITORINK_KAFKA_DLQ_TOPIC", "dead letters need a topic of their own, not that of MONITORINK_KAFKA_TOPIC")
	}
	if (k.CertFile == "") != (k.KeyFile == "") {
		missing := "MONITORINK_KAFKA_CERT_FILE"
		if k.KeyFile == "" {
			missing = "MONITORINK_KAFKA_KEY_FILE"
		}
		l.wrong(missing, "a client's certificate and its key go together: set both or none")
	}
	if !k.TLS && k.CAFile+k.CertFile+k.KeyFile != "" {
		l.wrong("MONITORINK_KAFKA_TLS", "certificates are given, so write on")
	}
	if k.SASL == "" {
		return
	}
	if k.Username == "" && !l.failed("MONITORINK_KAFKA_USERNAME_FILE") {
		l.wrong("MONITORINK_KAFKA_USERNAME", "MONITORINK_KAFKA_SASL=%s needs it, or MONITORINK_KAFKA_USERNAME_FILE", k.SASL)
	}
	if k.Password == "" && !l.failed("MONITORINK_KAFKA_PASSWORD_FILE") {
		l.wrong("MONITORINK_KAFKA_PASSWORD", "MONITORINK_KAFKA_SASL=%s needs it, or MONITORINK_KAFKA_PASSWORD_FILE", k.SASL)
	}
}

func (l *loader) checkAddresses(c *Config) {
	open := ""
	for _, a := range []struct{ name, addr string }{
		{"MONITORINK_HEARTBEAT_ADDR", c.HeartbeatAddr}, {"MONITORINK_COLLECTOR_ADDR", c.CollectorAddr},
	} {
		host, _, _ := net.SplitHostPort(a.addr)
		switch {
		case !isAddress(a.addr):
			l.wrong(a.name, "write host:port, such as 127.0.0.1:8080; :8080 is every address of the machine")
		case open == "" && !isLoopback(host):
			open = a.name
		}
	}
	u, err := url.Parse(c.QueueURL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil:
		l.wrong("MONITORINK_QUEUE_URL", "write a URL with http or https and a host, such as http://127.0.0.1:8081")
	case open == "" && c.Queue != QueueKafka && !isLoopback(u.Hostname()):
		open = "MONITORINK_QUEUE_URL"
	}
	if l.listens && c.Token == "" && open != "" && !l.failed("MONITORINK_TOKEN_FILE") {
		l.wrong("MONITORINK_TOKEN", "%s is not a loopback address, so a token is required; set it, or MONITORINK_TOKEN_FILE", open)
	}
	l.checkTokens(c)
	if host, _, _ := net.SplitHostPort(c.PprofAddr); c.PprofAddr != "" && (!isAddress(c.PprofAddr) || !isLoopback(host)) {
		l.wrong("MONITORINK_PPROF_ADDR", "write off, or a loopback address and a port, such as 127.0.0.1:6060: a profile shows what is in memory, and asks for no token")
	}
}

// checkTokens notes what is wrong with who may see what.
func (l *loader) checkTokens(c *Config) {
	for name, token := range map[string]string{"MONITORINK_TOKEN": c.Token, "MONITORINK_READ_TOKEN": c.ReadToken} {
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			l.wrong(name, "write printable ASCII without spaces: it travels in a header")
		}
	}
	switch {
	case c.ReadToken == "":
	case c.Token == "" && l.listens && !l.failed("MONITORINK_TOKEN_FILE"):
		l.wrong("MONITORINK_TOKEN", "MONITORINK_READ_TOKEN is set, so a token that opens the rest is required; set it, or MONITORINK_TOKEN_FILE")
	case c.Token == c.ReadToken:
		l.wrong("MONITORINK_READ_TOKEN", "write another value than that of MONITORINK_TOKEN, which changes things")
	}
	for _, label := range c.StatusLabels {
		if key, value, ok := strings.Cut(label, ":"); !ok || key == "" || value == "" {
			l.wrong("MONITORINK_STATUS_LABELS", "write labels as key:value, such as public:yes, several with commas between them")
		}
	}
	for _, host := range c.Hosts {
		if host == "" || strings.ContainsAny(host, "/:*@ ") {
			l.wrong("MONITORINK_HOSTS", "write names as they are in a URL, without scheme and port, such as monitor.home.example")
		}
	}
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
