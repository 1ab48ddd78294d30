package heartbeat_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

// What a server writes into its redirects may be somebody's password: it is in no
// event, and in no log. A proxy's neither.
func TestCredentialsInURLsAreNeverTold(t *testing.T) {
	const canary = "hunter2canary"
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(fmt.Sprint(r.Header), canary) {
			t.Errorf("%s: the credentials of a redirect were sent", r.URL)
		}
		to := map[string]string{
			"/loop":      "http://joe:" + canary + "@" + r.Host + "/loop",
			"/once":      "http://joe:" + canary + "@" + r.Host + "/end",
			"/token":     "http://" + canary + "@" + r.Host + "/end",
			"/scheme":    "ftp://joe:" + canary + "@" + r.Host + "/",
			"/broken":    "http://joe:" + canary + "/%zz@" + r.Host + "/",
			"/port":      "http://joe:" + canary + "/x@" + r.Host + "/",
			"/elsewhere": "http://joe:" + canary + "@other.example/",
			"/relative":  "//joe:" + canary + "@" + r.Host + "/end",
		}[r.URL.Path]
		if to == "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Location", to)
		w.Header().Set("Link", "<"+to+">; rel=next")
		w.WriteHeader(http.StatusFound)
	}))
	defer target.Close()
	var logged bytes.Buffer
	o := heartbeat.Options{
		Location: "here", Instance: "i", Logger: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	var monitors []data.Monitor
	for _, path := range []string{"loop", "once", "token", "scheme", "broken", "port", "elsewhere", "relative"} {
		for redirects := range 2 {
			m := monitor(fmt.Sprint(path, redirects), target.URL+"/"+path, time.Second)
			m.Redirects, m.RedirectTo = redirects, data.RedirectSameHost
			m.Expect.Redirect = &data.Pattern{Matches: []string{"nothing like that"}}
			m.Capture = &data.Capture{Headers: true, Body: 1000}
			monitors = append(monitors, m)
		}
	}
	m := monitor("proxy", target.URL, time.Second)
	m.Proxy = "http://joe:" + canary + "@127.0.0.1:1"
	monitors = append(monitors, m)
	j := newJournal()
	o.Queue = j
	h, err := heartbeat.New(t.Context(), o, monitors)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, h)
	j.wait(t, "a measurement of each", func(e []data.Event) bool { return h.Stats().Down+h.Stats().Up >= int64(2*len(monitors)) })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	said := logged.String()
	for _, e := range j.events() {
		said += string(e.Value) + "\n"
	}
	for line := range strings.Lines(said) {
		if strings.Contains(line, canary) {
			t.Errorf("it is told: %s", line)
		}
	}
	for _, want := range []string{"…@", "leads nowhere", "more than 1 redirects"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q in\n%s", want, said)
		}
	}
	for _, url := range []string{"http://joe:" + canary + "@x.example/", "http://" + canary + "@x.example:http/"} {
		if _, err := probe.Compile(&data.Monitor{ID: "m", URL: url, Timeout: data.Duration(time.Second)}); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
