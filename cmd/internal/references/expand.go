package references

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// Keys are the parts of a definition that keep their references: all that is sent, and
// what it is sent with. In the JSON form of data.Monitor they have these names.
var Keys = []string{"url", "query", "headers", "body", "form", "auth", "tls", "proxy"}

// kept are the fields of data.Monitor that Keys stand for, and paths those of them, or
// in them, that name files. Where such a field holds PEM it names none.
var (
	kept  = fields(append([]string{"body_file"}, Keys...))
	paths = []string{"body_file", "tls.ca", "tls.cert", "tls.key"}
)

const pem = "-----BEGIN "

type field struct {
	name  string
	index int
}

func fields(names []string) (list []field) {
	t := reflect.TypeFor[data.Monitor]()
	for i := range t.NumField() {
		if name := nameOf(t.Field(i)); slices.Contains(names, name) {
			list = append(list, field{name, i})
		}
	}
	return list
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// Expand returns a copy of m with its references replaced and its paths absolute, and
// all that is secret in it: what references stand for, except in the host of the URL,
// and what is written as a password. It returns m itself when there is nothing to do.
// The error names the field and repeats no secret.
func (r *Resolver) Expand(m *data.Monitor) (*data.Monitor, []string, error) {
	x := &expansion{Resolver: r}
	full := *m
	all := reflect.ValueOf(&full).Elem()
	for _, f := range kept {
		v := all.Field(f.index)
		if v.IsZero() {
			continue
		}
		v.Set(x.copy(v, f.name))
		if x.err != nil {
			return nil, nil, x.err
		}
	}
	if a := full.Auth; a != nil && a.Basic != nil && a.Basic.Password != "" {
		x.secret(base64.StdEncoding.EncodeToString([]byte(a.Basic.Username + ":" + a.Basic.Password)))
	}
	slices.Sort(x.secrets)
	x.secrets = slices.Compact(x.secrets)
	if !x.changed && len(x.secrets) == 0 {
		return m, nil, nil
	}
	return &full, x.secrets, nil
}

// An expansion is one monitor's.
type expansion struct {
	*Resolver
	secrets []string
	changed bool
	err     error // the first
}

func (x *expansion) secret(s string) {
	if s != "" {
		x.secrets = append(x.secrets, s)
	}
}

// copy returns v with all texts in it replaced. Path is what the place is called.
func (x *expansion) copy(v reflect.Value, path string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		text := x.text(v.String(), path)
		if text == v.String() {
			return v
		}
		x.changed = true
		return reflect.ValueOf(text).Convert(v.Type())
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(x.copy(v.Elem(), path))
		return p
	case reflect.Struct:
		s := reflect.New(v.Type()).Elem()
		s.Set(v)
		for i := range v.NumField() {
			s.Field(i).Set(x.copy(v.Field(i), path+"."+nameOf(v.Type().Field(i))))
		}
		return s
	case reflect.Slice:
		if v.Len() == 0 {
			return v
		}
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(x.copy(v.Index(i), path))
		}
		return s
	case reflect.Map:
		if v.Len() == 0 {
			return v
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		for _, k := range keys {
			m.SetMapIndex(k, x.copy(v.MapIndex(k), path+"."+k.String()))
		}
		return m
	}
	return v
}

// text is what s stands for at a place.
func (x *expansion) text(s, path string) string {
	from, to := 0, 0
	if path == "url" {
		from, to = host(s)
	}
	text, err := Replace(s, true, func(ref string, at int) (string, bool, error) {
		value, _, known, err := x.Resolve(ref)
		if known && (at < from || at >= to) && !(path == "url" && isOrigin(value)) {
			x.secret(value)
		}
		return value, known, err
	})
	if err != nil && x.err == nil {
		x.err = fmt.Errorf("%s: %w", path, err)
	}
	if slices.Contains(paths, path) && text != "" && !strings.HasPrefix(text, pem) {
		text = x.Path(text)
	}
	x.written(text, path)
	return text
}

// written notes what is secret by the place where it is written.
func (x *expansion) written(text, path string) {
	switch path {
	case "auth.basic.password", "auth.bearer", "auth.oauth2.client_secret":
		x.secret(text)
	case "proxy":
		if u, err := url.Parse(text); err == nil && u.User != nil {
			if password, ok := u.User.Password(); ok {
				x.secret(password)
			}
		}
	}
	if name, ok := strings.CutPrefix(path, "headers."); ok && data.SecretHeader(name) {
		x.secret(text)
		if _, token, ok := strings.Cut(text, " "); ok { // behind Bearer, or the like
			x.secret(token)
		}
	}
}

// host is where in a URL its host and port are: they are looked up and connected to,
// and no place for a secret.
func host(raw string) (from, to int) {
	i := strings.Index(raw, "://")
	if i < 0 {
		return 0, 0
	}
	from, to = i+len("://"), len(raw)
	if end := strings.IndexAny(raw[from:], "/?#"); end >= 0 {
		to = from + end
	}
	return from + strings.LastIndexByte(raw[from:to], '@') + 1, to
}

// isOrigin reports whether a URL has but a scheme, a host and a port.
func isOrigin(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Host != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}
