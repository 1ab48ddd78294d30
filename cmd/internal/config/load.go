package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/monitorink/monitorink/cmd/internal/shard"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe/policy"
)

// An Error is one variable that has a wrong value. Load joins them.
type Error struct {
	Variable string
	Value    string // quoted, or "(secret)", or "not set"
	Allowed  string // what to write
}

// Error names the variable, what it was and what is allowed.
func (e *Error) Error() string {
	return e.Variable + " is " + e.Value + ": " + e.Allowed
}

// Load reads the variables of environ, which has the form of os.Environ. Its
// error joins an [Error] for each variable that is wrong.
func Load(environ []string) (*Config, error) { return load(environ, true) }

// LoadToAsk reads them for a program that asks a collector and listens nowhere: it may
// have MONITORINK_READ_TOKEN alone, or no token, whatever the addresses are.
func LoadToAsk(environ []string) (*Config, error) { return load(environ, false) }

func load(environ []string, listens bool) (*Config, error) {
	l := &loader{listens: listens, given: map[string]string{}, written: map[string]string{}, values: map[string]string{}, table: Variables()}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, Prefix) && value != "" {
			l.given[name] = value
		}
	}
	for _, v := range l.table {
		l.values[v.Name] = l.resolve(v)
	}
	cfg := new(Config)
	l.parse(cfg)
	l.check(cfg)
	if len(l.errs) > 0 {
		slices.SortStableFunc(l.errs, func(a, b *Error) int { return l.place(a.Variable) - l.place(b.Variable) })
		joined := make([]error, len(l.errs))
		for i, err := range l.errs {
			joined[i] = err
		}
		return nil, errors.Join(joined...)
	}
	cfg.Warnings = l.warnings(cfg)
	return cfg, nil
}

type loader struct {
	table   []Variable
	given   map[string]string // what the environment has
	written map[string]string // of each variable of the table, defaults applied
	values  map[string]string // the same, in the words of the parser
	listens bool              // and so needs what others prove themselves with
	errs    []*Error
}

func (l *loader) place(name string) int {
	return slices.IndexFunc(l.table, func(v Variable) bool { return v.Name == name || v.Twin() == name })
}

// failed reports whether something is known to be wrong with a variable.
func (l *loader) failed(name string) bool {
	return slices.ContainsFunc(l.errs, func(e *Error) bool { return e.Variable == name })
}

// fileOf is the file that a secret comes from, or empty.
func (l *loader) fileOf(name string) string { return l.given[l.table[l.place(name)].Twin()] }

// wrong notes what is wrong with a variable, once: nothing more where its file has failed.
func (l *loader) wrong(name, format string, args ...any) {
	v := l.table[l.place(name)]
	if l.failed(name) || v.Secret && l.failed(v.Twin()) {
		return
	}
	what := fmt.Sprintf(format, args...)
	if file := l.fileOf(name); file != "" && l.written[name] != "" {
		l.errs = append(l.errs, &Error{v.Twin(), strconv.Quote(file), "in that file " + what})
		return
	}
	shown := l.written[name]
	if len(shown) > maxRepeated {
		shown = strings.ToValidUTF8(shown[:maxRepeated], "") + "…"
	}
	shown = strconv.Quote(shown)
	switch {
	case l.written[name] == "":
		shown = "not set"
	case v.Secret, strings.IndexByte(l.written[name], '@') > 0: // a URL with a password, or what was to be one
		shown = "(secret)"
	}
	l.errs = append(l.errs, &Error{name, shown, what})
}

const maxRepeated = 200 // bytes of a value

const maxSecret = 64 << 10 // bytes of a file

// readSecret returns what a file holds, or an error where that does not end.
func readSecret(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(b) > maxSecret {
		err = fmt.Errorf("it has more than %d bytes, which no secret has", maxSecret)
	}
	return b, err
}

// resolve returns the value that a variable has: its own, its file's, or its
// default.
func (l *loader) resolve(v Variable) string {
	value, ok := l.given[v.Name]
	if file, has := l.given[v.Twin()]; has && v.Secret {
		b, err := readSecret(file)
		switch {
		case ok:
			l.errs = append(l.errs, &Error{v.Twin(), strconv.Quote(file), v.Name + " is set as well: set one of the two"})
		case err != nil:
			l.errs = append(l.errs, &Error{v.Twin(), strconv.Quote(file), "name a file that can be read: " + err.Error()})
		case strings.TrimRight(string(b), "\r\n") == "":
			l.errs = append(l.errs, &Error{v.Twin(), strconv.Quote(file), "name a file that is not empty"})
		default:
			value, ok = strings.TrimRight(string(b), "\r\n"), true
		}
	}
	if !ok || value == "" {
		value = v.Default
	}
	l.written[v.Name] = value
	if v.Allowed != nil && !slices.Contains(v.Allowed, value) {
		l.wrong(v.Name, "write %s", oneOf(v.Allowed))
		value = v.Default
	}
	if v.hasOff && value == "off" {
		value = v.off
	}
	return value
}

func oneOf(list []string) string {
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

// parse fills cfg from the values.
func (l *loader) parse(cfg *Config) {
	err := env.ParseWithOptions(cfg, env.Options{Environment: l.values, FuncMap: map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[int64]():         func(s string) (any, error) { return ParseSize(s) },
		reflect.TypeFor[int]():           parseCount,
		reflect.TypeFor[float64]():       parseRate,
		reflect.TypeFor[bool]():          parseSwitch,
		reflect.TypeFor[[]string]():      parseList,
		reflect.TypeFor[time.Duration](): func(s string) (any, error) { return parseDuration(s) },
		reflect.TypeFor[data.Schedule](): parseSchedule,
		reflect.TypeFor[shard.Shard]():   func(s string) (any, error) { return shard.Parse(s) },
	}})
	if err == nil {
		return
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		all.Errors = []error{err}
	}
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			panic(err) // the struct's tags are wrong
		}
		i := slices.IndexFunc(l.table, func(v Variable) bool { return v.field == parse.Name })
		l.wrong(l.table[i].Name, "%v", parse.Err)
	}
}

// chosen is the first variable with a prefix that is given, and not its default.
func (l *loader) chosen(prefix string) string {
	for _, v := range l.table {
		if strings.HasPrefix(v.Name, prefix) && l.written[v.Name] != v.Default {
			return v.Name
		}
	}
	return ""
}

// exists tells whether there is something at path: the images name a place where there
// is nothing until somebody mounts it.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (l *loader) warnings(c *Config) []string {
	var list, known []string
	for _, v := range l.table {
		known = append(known, v.Name)
		if v.Secret {
			known = append(known, v.Twin())
		}
	}
	for name := range l.given {
		if slices.Contains(known, name) {
			continue
		}
		w := name + " is not a variable that is known here"
		if near := Nearest(name, known); near != "" {
			w += ": did you mean " + near + "?"
		}
		list = append(list, w)
	}
	slices.Sort(list)
	if file := l.given["MONITORINK_MONITORS"]; l.given["MONITORINK_URLS"] != "" && file != "" && file != "monitors.yaml" && exists(file) {
		list = append(list, "MONITORINK_MONITORS is not read, because MONITORINK_URLS is set")
	}
	for _, token := range []struct{ name, value string }{{"MONITORINK_TOKEN", c.Token}, {"MONITORINK_READ_TOKEN", c.ReadToken}} {
		if token.value != "" && len(token.value) < minToken {
			list = append(list, fmt.Sprintf("%s has %d characters, which can be guessed: openssl rand -hex 24 makes a good one", cmp.Or(l.fileOf(token.name), token.name), len(token.value)))
		}
	}
	if len(c.Hosts) > 0 && c.Token != "" {
		list = append(list, "MONITORINK_HOSTS has no effect: with MONITORINK_TOKEN a listener answers to any name")
	}
	if name := l.chosen("MONITORINK_KAFKA_"); name != "" && c.Queue != QueueKafka {
		list = append(list, name+" is set, but no Kafka is used: MONITORINK_QUEUE is "+c.Queue)
	}
	if name := cmp.Or(l.chosen("MONITORINK_POSTGRES_"), l.chosen("MONITORINK_RETENTION_")); name != "" && c.Store != StorePostgres {
		list = append(list, name+" is set, but no Postgres is used: MONITORINK_STORE is "+c.Store)
	}
	if c.Queue == QueueKafka && c.Kafka.SASL == "plain" && !c.Kafka.TLS {
		list = append(list, "MONITORINK_KAFKA_SASL=plain without MONITORINK_KAFKA_TLS=on sends the password for everyone on the way to read")
	}
	if p, err := policy.Parse(c.Deny, c.Allow); err == nil && len(p.Idle()) > 0 {
		list = append(list, policy.AllowVariable+" has "+strings.Join(p.Idle(), ", ")+", which nothing denies: it makes exceptions only; to deny all else, set "+policy.DenyVariable+"=all")
	}
	return list
}
