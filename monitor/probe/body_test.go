package probe_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// sized answers as many bytes as the path says; with ?chunked without telling
// first, with ?gzip compressed.
func sized(w http.ResponseWriter, r *http.Request) {
	n, _ := strconv.Atoi(r.URL.Path[1:])
	body := bytes.Repeat([]byte("x"), n)
	switch r.URL.RawQuery {
	case "chunked":
		w.(http.Flusher).Flush()
	case "gzip":
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		z.Write(body)
		return
	default:
		w.Header().Set("Content-Length", strconv.Itoa(n))
	}
	w.Write(body)
}

func TestBodyIsReadToItsEndUpToItsLimit(t *testing.T) {
	url := serve(t, sized)
	p := prober(t, probe.Options{})
	for _, how := range []string{"", "?chunked", "?gzip"} {
		for _, n := range []int{0, 1, 4095, 4096, 4097, 65536, 65537, probe.MaxBody - 1, probe.MaxBody, probe.MaxBody + 1, 3 * probe.MaxBody} {
			m := withBody(monitor(url + "/" + strconv.Itoa(n) + how))
			r := again(t, p, m)
			if n > probe.MaxBody {
				wantErr(t, r, data.ErrBodyTooLarge, "transfer")
				r.Release()
				continue
			}
			wantOK(t, r)
			if len(r.Body) != n || r.Body == nil || r.HTTP.BodyBytes != int64(n) || bytes.Count(r.Body, []byte("x")) != n {
				t.Errorf("%d%s: got %d bytes, said %d", n, how, len(r.Body), r.HTTP.BodyBytes)
			}
			r.Release()
			r.Release()
		}
	}
	if free := p.Free(); free != 64<<20 {
		t.Errorf("%d bytes are free at the end", free)
	}
}

func TestBodiesThatGrowNeitherWaitForEachOtherNorMix(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		io.WriteString(w, strings.Repeat(r.URL.Path[1:], 100000))
	})
	p := prober(t, probe.Options{BodyBudget: probe.MaxBody})
	done := make(chan string)
	for n := range 20 {
		letter := string(rune('a' + n))
		go func() { // waited for below
			r := p.Probe(t.Context(), target(t, withBody(monitor(url+"/"+letter))))
			defer r.Release()
			switch {
			case r.Err != nil:
				done <- r.Err.Message
			case string(r.Body) != strings.Repeat(letter, 100000):
				done <- "a body is not what was sent"
			default:
				done <- ""
			}
		}()
	}
	for range 20 {
		if wrong := <-done; wrong != "" {
			t.Error(wrong)
		}
	}
}

func TestEmptyBodyNeedsNoDecompression(t *testing.T) {
	m := withBody(monitor("http://" + raw(t, answers("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))))
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if r.Body == nil || len(r.Body) != 0 {
		t.Errorf("got %q", r.Body)
	}
}

func TestBodyThatNobodyNeedsIsNotReadNorWaitedFor(t *testing.T) {
	m := quick(monitor("http://" + raw(t, func(c net.Conn) {
		if readRequest(c) {
			c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nx"))
			hang(c)
		}
	})))
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if r.HTTP.BodyBytes != -1 || r.Body != nil || r.Phases.Transfer.Measured() {
		t.Errorf("got %+v, transfer %v", r.HTTP, r.Phases.Transfer)
	}
}

func TestHeadHasNoBodyToReadWhateverItsLengthSays(t *testing.T) {
	m := withBody(monitor(serve(t, sized) + "/9999999"))
	m.Method = "HEAD"
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if r.Body == nil || len(r.Body) != 0 || r.HTTP.BodyBytes != 0 {
		t.Errorf("got %q, %+v", r.Body, r.HTTP)
	}
}

func TestCompressionAskedForByTheMonitorIsLeftAlone(t *testing.T) {
	m := withBody(monitor(serve(t, sized) + "/100?gzip"))
	m.Headers = map[string]string{"accept-encoding": "gzip"}
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	z, err := gzip.NewReader(bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || len(b) != 100 {
		t.Errorf("got %d bytes, %v", len(b), err)
	}
}

func TestABodyThatFindsNoRoomToGrowIsCapturedFromItsBeginning(t *testing.T) {
	url := serve(t, sized)
	p := prober(t, probe.Options{BodyBudget: probe.MaxBody})
	for range 15 { // all of the budget but the 4 KiB that a body begins with
		for _, n := range []string{"/10", "/5000"} {
			wantOK(t, again(t, p, withBody(monitor(url+n))))
		}
	}
	var body strings.Builder
	for n := range 2000 {
		body.WriteString(strconv.Itoa(n) + " ")
	}
	m := quick(withBody(monitor(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		io.WriteString(w, body.String())
	}))))
	m.Capture = &data.Capture{Body: 20}
	r := again(t, p, m)
	wantErr(t, r, data.ErrInternal, "transfer")
	if r.Beginning == nil || string(r.Beginning.Text) != body.String()[:20] || !r.Beginning.More {
		t.Errorf("captured %+v of a body that begins with %q", r.Beginning, body.String()[:20])
	}
}

func TestBodiesWaitForRoomInTheBudget(t *testing.T) {
	url := serve(t, sized)
	p := prober(t, probe.Options{BodyBudget: probe.MaxBody})
	big := target(t, withBody(monitor(url+"/1000000")))
	first := p.Probe(t.Context(), big)
	wantOK(t, first)

	r := again(t, p, quick(withBody(monitor(url+"/10"))))
	wantErr(t, r, data.ErrInternal, "transfer") // our own trouble, not the target's
	if r.Waited == 0 || r.HTTP.Status != 200 {
		t.Errorf("waited %v, %+v", r.Waited, r.HTTP)
	}

	second := make(chan *probe.Response)
	arrived := make(chan struct{})
	slow := serve(t, func(w http.ResponseWriter, r *http.Request) { close(arrived); sized(w, r) })
	go func() { second <- p.Probe(t.Context(), target(t, withBody(monitor(slow+"/10")))) }() // waited for below
	<-arrived
	for p.Waits() < 2 { // until it stands in the queue
		select {
		case r := <-second:
			t.Fatalf("did not wait: %+v", r.Err)
		default:
		}
	}
	first.Release()
	r = <-second
	wantOK(t, r)
	if r.Waited == 0 {
		t.Error("did not say that it waited")
	}
	r.Release()
	if free := p.Free(); free != probe.MaxBody {
		t.Errorf("%d of %d bytes are free at the end", free, probe.MaxBody)
	}
}
