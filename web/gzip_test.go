package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/web"
)

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fetch is the body of what a server answers, decompressed.
func fetch(t *testing.T, url, encoding string) io.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", encoding)
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { got.Body.Close() })
	if got.Header.Get("Content-Encoding") != "gzip" {
		if encoding == "gzip" {
			t.Errorf("%s is not compressed", url)
		}
		return got.Body
	}
	z, err := gzip.NewReader(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestAnswerIsCompressedForThoseWhoTakeIt(t *testing.T) {
	h := web.New(web.Options{Store: long(t, store.MaxLimit)})
	for _, c := range []struct {
		target, accept string
		want           bool
	}{
		{"/measurements", "gzip", true}, {"/measurements", "br, GZIP;q=0.5", true}, {"/measurements", "*", true}, {"/measurements", "deflate, *;q=0.1", true}, {"/export", "gzip", true},
		{"/export?format=csv", "gzip", true}, {"/measurements", "", false}, {"/measurements", "gzip;q=0", false}, {"/measurements", "*, gzip; q=0.0", false}, {"/measurements", "br", false},
		{"/measurements", "identity, *;q=0", false}, {"/measurements", "gzip;q=x", false}, {"", "gzip", false}, {"/measurements?limit=0", "gzip", false},
	} {
		plain, r := ask(t, h, "GET", path("shop", c.target)), raw(h, "GET", path("shop", c.target), "Accept-Encoding", c.accept)
		if got := r.Header.Get("Content-Encoding") == "gzip"; got != c.want || !strings.Contains(r.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s for %q: compressed %v, want %v; %v", c.target, c.accept, got, c.want, r.Header)
		}
		if r.StatusCode != plain.StatusCode || r.Header.Get("ETag") != plain.Header.Get("ETag") || r.Header.Get("Content-Type") != plain.Header.Get("Content-Type") {
			t.Errorf("%s for %q: got %s %v, and without %s %v", c.target, c.accept, r.Status, r.Header, plain.Status, plain.Header)
		}
		var reader io.Reader = r.Body
		if c.want {
			if z, err := gzip.NewReader(r.Body); err != nil {
				t.Error(err)
			} else {
				reader = z
			}
		}
		got, err := io.ReadAll(reader)
		if err != nil || string(got) != body(t, plain) {
			t.Errorf("%s for %q: another body, %v", c.target, c.accept, err)
		}
	}
}

// raw is what h answers, as it is sent.
func raw(h http.Handler, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestWhatNeedsNoCompressionStaysAsItIs(t *testing.T) {
	h := web.New(web.Options{Store: filled(t)})
	for _, method := range []string{"HEAD", "GET"} {
		file := ask(t, h, method, "/app.js")
		r := raw(h, method, "/app.js", "Accept-Encoding", "gzip", "Range", "bytes=0-99")
		if r.Header.Get("Content-Encoding") != "" || r.StatusCode != http.StatusPartialContent || r.ContentLength == 0 {
			t.Errorf("%s of a part: %s %v", method, r.Status, r.Header)
		}
		if r := raw(h, method, "/app.js", "Accept-Encoding", "gzip", "If-None-Match", "W/"+file.Header.Get("ETag")); r.StatusCode != http.StatusNotModified {
			t.Errorf("%s with the tag of the compressed form: %s", method, r.Status)
		}
	}
	whole := raw(h, "GET", "/app.js", "Accept-Encoding", "gzip")
	if tag := whole.Header.Get("ETag"); whole.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(tag, `W/"`) || whole.Header.Get("Content-Length") != "" {
		t.Errorf("a file comes as %v", whole.Header)
	}
	metrics := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch r.URL.RawQuery {
		case "compressed":
			w.Header().Set("Content-Encoding", "br")
			n, _ = w.Write(bytes.Repeat([]byte("x"), 5000))
		case "picture":
			w.Header().Set("Content-Type", "image/png")
			n, _ = w.Write(bytes.Repeat([]byte("x"), 5000))
		case "flushed":
			w.Header().Set("Content-Type", "text/plain")
			n, _ = fmt.Fprint(w, strings.Repeat("x", 10))
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			m, _ := fmt.Fprint(w, strings.Repeat("x", 4990))
			n += m
		case "events":
			w.Header().Set("Content-Type", "text/event-stream")
			n, _ = fmt.Fprint(w, strings.Repeat("x", 5000))
		case "none":
			return
		}
		if n != 5000 {
			t.Errorf("%d were written", n)
		}
	})
	h = web.New(web.Options{Store: filled(t), Metrics: metrics})
	for query, want := range map[string]string{"compressed": "br 5000", "picture": " 5000", "flushed": " 5000", "events": " 5000", "none": " 0"} {
		r := raw(h, "GET", "/metrics?"+query, "Accept-Encoding", "gzip")
		if got := r.Header.Get("Content-Encoding") + " " + strconv.Itoa(len(body(t, r))); got != want || r.StatusCode != http.StatusOK {
			t.Errorf("%s: got %q, want %q (%s)", query, got, want, r.Status)
		}
	}
}
