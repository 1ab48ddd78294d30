package heartbeat_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

const canary = `c4n"ary/ +s3cret`

// expand replaces ${env:TOKEN} in URL and headers.
func expand(m *data.Monitor) (*data.Monitor, []string, error) {
	if strings.Contains(m.URL, "${env:NONE}") {
		return nil, nil, errors.New("url: the variable NONE is not set")
	}
	full := *m
	full.URL = strings.ReplaceAll(m.URL, "${env:TOKEN}", url.QueryEscape(canary))
	full.Headers = map[string]string{}
	for name, value := range m.Headers {
		full.Headers[name] = strings.ReplaceAll(value, "${env:TOKEN}", canary)
	}
	return &full, []string{canary}, nil
}

// echo answers with all that may hold a secret, and redirects to it once.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/once" {
		http.Redirect(w, r, "/twice?"+r.URL.RawQuery, http.StatusFound)
		return
	}
	token := r.Header.Get("X-Token")
	w.Header().Set("X-Back", token)
	io.WriteString(w, strings.Repeat("-", 300)+token+" "+r.URL.RawQuery+" "+base64.StdEncoding.EncodeToString([]byte("joe:"+token)))
}

func TestWhatReferencesStandForIsSentAndNeverTold(t *testing.T) {
	var got string
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.URL.Query().Get("key") + " " + r.Header.Get("X-Token")
		echo(w, r)
	}))
	defer target.Close()
	m := monitor("a", target.URL+"/once?key=${env:TOKEN}", time.Second)
	m.Headers = map[string]string{"X-Token": "${env:TOKEN}"}
	m.Redirects = 5
	p := data.Pattern{Matches: []string{`c4n.*s3c`, "never"}, NotMatches: []string{`s3cret`}}
	m.Expect = data.Expect{Body: data.ExpectBody{Pattern: p}, Headers: map[string]data.Pattern{"X-Back": p}}
	dir, j := t.TempDir(), newJournal()
	state, err := heartbeat.OpenState(dir, "", "here")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state, Expand: expand}, []data.Monitor{m})
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	events := j.wait(t, "a measurement", func(events []data.Event) bool { return len(measured(events, "a")) > 0 })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got != canary+" "+canary {
		t.Errorf("the target got %q, want the secret twice", got)
	}
	one := measured(events, "a")[0]
	if len(one.Hops) != 2 || len(one.Expectations) < 5 || one.Version != m.Version() || one.URL != m.URL {
		t.Errorf("%+v, want two hops, all expectations, and the definition as it is written", one)
	}
	b, err := os.ReadFile(filepath.Join(dir, "definitions.json"))
	if err != nil {
		t.Fatal(err)
	}
	all := string(b)
	for _, msg := range j.events() {
		all += string(msg.Value)
	}
	for _, part := range []string{"c4n", "ary", "s3c", "ret", base64.StdEncoding.EncodeToString([]byte("joe:" + canary))[8:18]} {
		if i := strings.Index(strings.ReplaceAll(strings.ReplaceAll(all, `c4n.*s3c`, ""), `s3cret`, ""), part); i >= 0 {
			t.Errorf("%q of the secret is told: …%s…", part, all[max(i-100, 0):min(i+100, len(all))])
		}
	}
	if !strings.Contains(all, "•••") || !strings.Contains(all, "${env:TOKEN}") {
		t.Error("nothing is masked, or the reference is not as it was written")
	}
}

func TestAMonitorWhoseReferencesCannotBeResolvedTellsSoInEachSlot(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(echo))
	defer target.Close()
	dir, j := t.TempDir(), newJournal()
	bad := monitor("bad", target.URL+"/?${env:NONE}", 100*time.Millisecond)
	list := []data.Monitor{bad, monitor("good", target.URL, 100*time.Millisecond)}
	wrong := monitor("wrong", target.URL, 100*time.Millisecond)
	wrong.Headers = map[string]string{"X-Token": "${env:TOKEN}\n"}
	away := monitor("away", target.URL, 100*time.Millisecond)
	away.TLS.CA = "folder/ca.pem"
	list = append(list, wrong, away)
	for range 2 { // a start with what was persisted
		state, err := heartbeat.OpenState(dir, "", "here")
		if err != nil {
			t.Fatal(err)
		}
		if state.SetAside > 0 {
			t.Errorf("set aside: %v", state.Notes)
		}
		if persisted := state.Monitors(); len(persisted) > 0 {
			list = persisted
		}
		h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state, Expand: expand}, list)
		if err != nil {
			t.Fatal(err)
		}
		before := len(j.events())
		stop := run(t, h)
		events := j.wait(t, "measurements", func(events []data.Event) bool {
			return len(measured(events[before:], "bad")) > 1 && len(measured(events[before:], "good")) > 1 && len(measured(events[before:], "wrong")) > 1 && len(measured(events[before:], "away")) > 1
		})
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]string{"bad": "url: the variable NONE is not set", "wrong": "headers.X-Token: the value has a control character", "away": "tls.ca: the file folder/ca.pem cannot be read"} {
			m := measured(events[before:], id)[0]
			if m.State != data.Down || m.Error.Kind != data.ErrInternal || !strings.Contains(m.Error.Message, want) || m.Version == "" {
				t.Errorf("%+v, %+v; want %q", m, m.Error, want)
			}
		}
		if m := measured(events[before:], "good")[0]; m.State != data.Up {
			t.Errorf("good is %+v", m.Error)
		}
		state.Close()
	}
}

// Whoever gives Measurement another text decides here whether a target, or an error,
// may bring a secret into it.
func TestEveryTextThatAProbeEntersIsMasked(t *testing.T) {
	free := map[string]bool{ // who and what, from the definition as it is written, or a closed set
		".Monitor": true, ".Location": true, ".Instance": true, ".Version": true, ".State": true, ".Method": true, ".URL": true,
		".HTTP.Protocol": true, ".HTTP.Remote": true, ".TLS.Version": true, ".Hops.Remote": true, ".Expectations.Name": true,
		".Error.Kind": true, ".Error.Phase": true, ".Trace": true,
		".Addresses.Remote": true, ".Addresses.State": true, ".Addresses.Error.Kind": true, ".Addresses.Error.Phase": true,
	}
	var m data.Measurement
	var visit func(v reflect.Value, path string, leaf func(v reflect.Value, path string))
	visit = func(v reflect.Value, path string, leaf func(v reflect.Value, path string)) {
		switch v.Kind() {
		case reflect.String:
			leaf(v, path)
		case reflect.Pointer:
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			visit(v.Elem(), path, leaf)
		case reflect.Slice:
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			}
			for i := range v.Len() {
				visit(v.Index(i), path, leaf)
			}
		case reflect.Map:
			if v.Len() == 0 {
				v.Set(reflect.ValueOf(map[string]string{"Name": ""}))
			}
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(reflect.ValueOf("Name")))
			visit(value, path, leaf)
			v.SetMapIndex(reflect.ValueOf("Name"), value)
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					visit(v.Field(i), path+"."+v.Type().Field(i).Name, leaf)
				}
			}
		}
	}
	fill := func(v reflect.Value, _ string) { v.SetString("a " + canary + " b") }
	visit(reflect.ValueOf(&m), "", fill)
	heartbeat.Mask([]string{canary}, &m)
	n := 0
	visit(reflect.ValueOf(&m), "", func(v reflect.Value, path string) {
		want := "a ••• b"
		if free[path] {
			want = "a " + canary + " b"
		} else {
			n++
		}
		if v.String() != want {
			t.Errorf("Measurement%s is %q, want %q: let mask.measurement hide secrets in it", path, v, want)
		}
	})
	if n < 5 {
		t.Errorf("%d texts are masked; that cannot be all", n)
	}
}

func TestASecretIsMaskedInEachFormThatItComesBackIn(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 20)
	for _, c := range []struct{ secret, text, want string }{
		{"hunter2", "say hunter2, twice hunter2", "say •••, twice •••"},
		{"a b/c&d", "?q=" + url.QueryEscape("a b/c&d"), "?q=•••"},
		{"a b/c&d", "/" + url.PathEscape("a b/c&d"), "/•••"},
		{`say "x"`, strconv.Quote(`say "x"`), `"•••"`},
		{"hunter2", "it was hunt…", "it was •••…"},
		{"hunter2", "it was hun…", "it was hun…"}, // too short to be of use
		{"hunter2", "…nter2 it was", "…••• it was"},
		{"hunter2", `saw "…nter2 was hunte…"; 2 more`, `saw "…••• was •••…"; 2 more`},
		{long, "…" + long[40:240] + "…", "…•••…"},
		{"abc", "abc", "abc"},
		{"hunter2", "hunte", "hunte"},
	} {
		if got := heartbeat.MaskText([]string{"never there", c.secret}, c.text); got != c.want {
			t.Errorf("%q in %q: got %q, want %q", c.secret, c.text, got, c.want)
		}
	}
	if got := heartbeat.MaskText([]string{"hunter", "hunter2"}, "hunter2"); got != "•••" {
		t.Errorf("of two secrets the shorter hides but its part: %q", got)
	}
	secret := "s3cret-canary"
	for before := range 4 {
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before) + secret + ":x"))
		got := heartbeat.MaskText([]string{secret}, "Basic "+b)
		if left := strings.ReplaceAll(strings.TrimPrefix(got, "Basic "), "•••", ""); len(left) > 12 {
			t.Errorf("%s leaves %q", b, got)
		}
	}
}

func TestAReloadTellsOfWhatReferencesStandForOnlyWhenItIsAnother(t *testing.T) {
	bad := monitor("bad", "http://192.0.2.1/?${env:NONE}", time.Hour)
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: newJournal(), Expand: expand}, []data.Monitor{bad})
	if err != nil {
		t.Fatal(err)
	}
	if did, err := h.Reload(t.Context(), []data.Monitor{bad}); err != nil || !did.None() || did.Unchanged != 1 {
		t.Errorf("%+v, %v, want nothing to have changed", did, err)
	}
}

func TestAWrongURLIsShownAsItIsWritten(t *testing.T) {
	for _, secret := range []string{"hunter2", "ab", "hunter2 ", "%zz", "[hunter2", "hunter2@"} {
		for _, written := range []string{"http://h:${S}/", "http://${S} SEK/", "http://h/%${S}", "${S}/", "${S}://h/", "http://h:99999/${S}", "http://[${S}/"} {
			m := data.Monitor{ID: "a", URL: written, Timeout: data.Duration(time.Second), Method: "GET"}
			err := heartbeat.Check(&m, func(m *data.Monitor) (*data.Monitor, []string, error) {
				full := *m
				full.URL = strings.ReplaceAll(m.URL, "${S}", secret)
				return &full, nil, nil
			})
			if err == nil {
				continue // the secret made it good
			}
			told := strings.ReplaceAll(err.Error(), "probed", "")
			if !strings.Contains(told, `url: "`+written+`", with`) || strings.Contains(told, secret) || !strings.Contains(told, "; ") {
				t.Errorf("%s with %q: %v, want it as it is written, and what to write", written, secret, err)
			}
		}
	}
	m := data.Monitor{ID: "a", URL: "http://joe:hunter2@${S}/", Timeout: data.Duration(time.Second), Method: "GET"}
	err := heartbeat.Check(&m, func(m *data.Monitor) (*data.Monitor, []string, error) {
		full := *m
		full.URL = strings.ReplaceAll(m.URL, "${S}", "h")
		return &full, nil, nil
	})
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "${S}") {
		t.Errorf("%v, want no password", err)
	}
}
