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
	minRetention = 24 * time.Hour
	minToken     = 16
)

// check notes what is out of its bounds, and what the table cannot say: forms, and
// what belongs together.
func (l *loader) check(c *Config) {
	for _, v := range l.table {
		l.bounds(v)
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

// bounds notes a value that is outside of what the table allows.
func (l *loader) bounds(v Variable) {
	value := l.values[v.Name]
	if v.hasOff && value == v.off || v.Least+v.Most == "" || l.failed(v.Name) {
		return
	}
	number, low, high := v.number(value), v.number(v.Least), v.number(v.Most)
	switch {
	case v.Least != "" && v.Most != "" && (number < low || number > high):
		l.wrong(v.Name, "from %s to %s is allowed", v.Least, v.Most)
	case v.Least != "" && number < low:
		l.wrong(v.Name, "at least %s is needed", v.Least)
	case v.Most != "" && number > high:
		l.wrong(v.Name, "at most %s are allowed", v.Most)
	}
}

// number is what a value comes to that has been parsed already; 0 without one.
func (v Variable) number(value string) float64 {
	switch v.Form {
	case "duration":
		d, _ := parseDuration(value)
		return float64(d)
	case "size":
		n, _ := ParseSize(value)
		return float64(n)
	}
	n, _ := strconv.ParseFloat(value, 64)
	return n
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
	if k.Username == "" {
		l.wrong("MONITORINK_KAFKA_USERNAME", "MONITORINK_KAFKA_SASL=%s needs it, or MONITORINK_KAFKA_USERNAME_FILE", k.SASL)
	}
	if k.Password == "" {
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
	if l.listens && c.Token == "" && open != "" {
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
	case c.Token == "" && l.listens:
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
