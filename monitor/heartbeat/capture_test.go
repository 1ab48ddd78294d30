package heartbeat_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

// failing answers in ways that a monitor may capture.
func failing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Set-Cookie", "session=private")
	w.Header()["Date"] = nil
	w.Header().Set("Content-Type", "text/plain")
	hang := func() {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	switch r.URL.Path {
	case "/ok":
		io.WriteString(w, "all is well")
	case "/down":
		w.WriteHeader(503)
		io.WriteString(w, "back soon, "+r.Header.Get("X-Token")+", "+strings.Repeat("x", 100))
	case "/binary":
		w.WriteHeader(503)
		io.WriteString(w, "a\x00b\xffc\x1b€")
	case "/gzip":
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(503)
		z := gzip.NewWriter(w)
		io.WriteString(z, strings.Repeat("zip", 1000))
		z.Close()
	case "/no-gzip":
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(503)
		io.WriteString(w, "plain")
	case "/hangs":
		w.WriteHeader(503)
		io.WriteString(w, "one moment")
		hang()
	case "/stalls":
		io.WriteString(w, "half of it")
		hang()
	case "/redirect":
		w.Header().Del("Content-Type") // then it writes a page
		http.Redirect(w, r, "/redirect", http.StatusFound)
	case "/empty":
		w.WriteHeader(503)
	}
}

func TestAPieceOfAnAnswerThatFailedIsCaptured(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(failing))
	defer target.Close()
	needs := data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"never"}}}}
	headers := map[string]string{"Content-Type": "text/plain", "Set-Cookie": "•••", "Content-Length": "11"}
	for _, tt := range []struct {
		name, path string
		capture    data.Capture
		expect     data.Expect
		want       *data.Captured
		kind       data.ErrorKind
	}{
		{"what is up", "/ok", data.Capture{Body: 10, Headers: true}, data.Expect{}, nil, ""},
		{"a status", "/down", data.Capture{Body: 29}, data.Expect{}, &data.Captured{Body: "back soon, •••, …"}, data.ErrExpectation},
		{"a secret that is cut", "/down", data.Capture{Body: 18}, data.Expect{}, &data.Captured{Body: "back soon, •••…"}, data.ErrExpectation},
		{"a header", "/ok", data.Capture{Body: 100}, data.Expect{Headers: map[string]data.Pattern{"Etag": {Matches: []string{"x"}}}}, &data.Captured{Body: "all is well"}, data.ErrExpectation},
		{"a body", "/ok", data.Capture{Body: 6, Headers: true}, needs, &data.Captured{Body: "all is…", Headers: headers}, data.ErrExpectation},
		{"headers only", "/ok", data.Capture{Headers: true}, needs, &data.Captured{Headers: headers}, data.ErrExpectation},
		{"what is no text", "/binary", data.Capture{Body: 100}, data.Expect{}, &data.Captured{Body: "a\ufffdb\ufffdc\ufffd€"}, data.ErrExpectation},
		{"half a character", "/binary", data.Capture{Body: 8}, data.Expect{}, &data.Captured{Body: "a\ufffdb\ufffdc\ufffd…"}, data.ErrExpectation},
		{"gzip", "/gzip", data.Capture{Body: 6}, data.Expect{}, &data.Captured{Body: "zipzip…"}, data.ErrExpectation},
		{"no gzip", "/no-gzip", data.Capture{Body: 6}, data.Expect{}, &data.Captured{}, data.ErrExpectation},
		{"no body", "/empty", data.Capture{Body: 6}, data.Expect{}, &data.Captured{}, data.ErrExpectation},
		{"a body that does not end", "/hangs", data.Capture{Body: 100}, data.Expect{}, &data.Captured{Body: "one moment…"}, data.ErrExpectation},
		{"a body that stalls", "/stalls", data.Capture{Body: 100}, needs, &data.Captured{Body: "half of it…"}, data.ErrTimeout},
		{"redirects", "/redirect", data.Capture{Body: 9}, data.Expect{}, &data.Captured{Body: "<a href=\"…"}, data.ErrRedirects},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := probe.New(probe.Options{})
			defer p.Close()
			m := monitor("a", target.URL+tt.path, time.Second)
			m.Headers = map[string]string{"X-Token": "${env:TOKEN}"}
			m.Timeout, m.Redirects, m.Expect, m.Capture = data.Duration(500*time.Millisecond), 2, tt.expect, &tt.capture
			if strings.HasPrefix(tt.path, "/down") || strings.HasPrefix(tt.path, "/ok") {
				m.Timeout = data.Duration(10 * time.Second) // nothing hangs there
			}
			got, err := heartbeat.Once(t.Context(), p, expand, &m, "here", "test")
			if err != nil {
				t.Fatal(err)
			}
			kind := data.ErrorKind("")
			if got.Error != nil {
				kind = got.Error.Kind
			}
			if diff := cmp.Diff(tt.want, got.Captured); diff != "" || kind != tt.kind {
				t.Errorf("%s; %+v", diff, got.Error)
			}
			if tt.path == "/hangs" && (got.HTTP.BodyBytes != -1 || got.Phases.Total.D() >= m.Timeout.D()) {
				t.Errorf("the capture was measured: %+v, %+v", got.HTTP, got.Phases)
			}
			if b, err := data.Encode(got); err != nil || strings.Contains(string(b), "private") || strings.Contains(string(b), "s3cret") || strings.Contains(string(b), `\u0000`) {
				t.Errorf("%s, %v", b, err)
			}
		})
	}
}

func TestWhatIsCapturedIsBounded(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Add(fmt.Sprintf("X-%03d", i), strings.Repeat("v", 400))
			w.Header().Add("X-050", "again")
		}
		w.WriteHeader(500)
		io.WriteString(w, strings.Repeat("b", 100_000))
	}))
	defer target.Close()
	p := probe.New(probe.Options{})
	defer p.Close()
	m := monitor("a", target.URL, time.Second)
	m.Timeout, m.Capture = data.Duration(10*time.Second), &data.Capture{Body: 1 << 30, Headers: true}
	got, err := heartbeat.Once(t.Context(), p, nil, &m, "here", "test")
	if err != nil || got.Captured == nil {
		t.Fatal(got, err)
	}
	if n := len(got.Captured.Body); n != data.MaxCapture+len("…") {
		t.Errorf("%d bytes of body", n)
	}
	n := 0
	for name, value := range got.Captured.Headers {
		n += len(name) + len(value)
	}
	if n > 4100 || n < 3000 || got.Captured.Headers["…"] != "…" || got.Captured.Headers["X-000"] != strings.Repeat("v", 300)+"…" {
		t.Errorf("%d bytes of headers: %v", n, got.Captured.Headers)
	}
}

func TestACaptureLeavesTheConnectionAtItsEnd(t *testing.T) {
	var connections atomic.Int32
	target := httptest.NewUnstartedServer(http.HandlerFunc(failing))
	target.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	target.Start()
	defer target.Close()
	p := probe.New(probe.Options{})
	defer p.Close()
	m := monitor("a", target.URL+"/down", time.Second)
	m.Timeout, m.Connection, m.Capture = data.Duration(10*time.Second), data.ConnectionReuse, &data.Capture{Body: 5}
	for range 3 {
		got, err := heartbeat.Once(t.Context(), p, nil, &m, "here", "test")
		if err != nil || got.HTTP == nil || got.Captured == nil || got.Captured.Body != "back …" {
			t.Fatal(got, err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}
