package probe_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// chain redirects /n to /n-1, and answers at /0.
func chain(w http.ResponseWriter, r *http.Request) {
	var n int
	fmt.Sscanf(r.URL.Path, "/%d", &n)
	if n == 0 {
		io.WriteString(w, "x")
		return
	}
	http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
}

func TestRedirectsAreFollowedHopByHop(t *testing.T) {
	url := serve(t, chain)
	for _, connection := range []string{data.ConnectionNew, data.ConnectionReuse} {
		m := withBody(monitor(url + "/3"))
		m.Redirects, m.Connection = 3, connection
		r := once(t, probe.Options{}, m)
		wantOK(t, r)
		if r.HTTP.Status != 200 || r.HTTP.Redirects != 3 || string(r.Body) != "x" || len(r.Hops) != 4 {
			t.Fatalf("got %+v, %d hops, body %q", r.HTTP, len(r.Hops), r.Body)
		}
		for i, h := range r.Hops {
			status := 302
			if i == 3 {
				status = 200
			}
			if h.Status != status || h.URL != fmt.Sprintf("%s/%d", url, 3-i) || h.Remote == "" {
				t.Errorf("hop %d: got %+v", i, h)
			}
			if fresh := i == 0 || connection == data.ConnectionNew; h.Phases.Connect.Measured() != fresh {
				t.Errorf("%s: hop %d connected: %v", connection, i, !fresh)
			}
		}
	}
}

func TestRedirectsHaveTheirLimit(t *testing.T) {
	m := monitor(serve(t, chain) + "/4")
	m.Redirects = 3
	r := once(t, probe.Options{}, m)
	if r.Err == nil || r.Err.Kind != data.ErrRedirects || len(r.Hops) != 4 || r.HTTP.Status != 302 || r.HTTP.Redirects != 3 {
		t.Errorf("got %+v, %d hops, %+v", r.Err, len(r.Hops), r.HTTP)
	}
}

func TestWithoutRedirectsTheAnswerIsTheFirst(t *testing.T) {
	r := once(t, probe.Options{}, monitor(serve(t, chain)+"/1"))
	wantOK(t, r)
	if r.HTTP.Status != 302 || r.HTTP.Redirects != 0 || r.Hops != nil || r.Header.Get("Location") != "/0" {
		t.Errorf("got %+v, hops %v", r.HTTP, r.Hops)
	}
}

func TestSecretsStayWithTheirHost(t *testing.T) {
	var got http.Header
	var host string
	end := serve(t, func(_ http.ResponseWriter, r *http.Request) { got, host = r.Header, r.Host })
	for _, tt := range []struct {
		name, to string
		kept     bool
	}{
		{"same host", "/end", true},
		{"another port", end, false},
		{"another name", "name", false},
		{"another host", strings.Replace(end, "127.0.0.1", "localhost", 1), false},
		{"with credentials in it", strings.Replace(end, "://", "://user:secret@", 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := monitor(serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/end" {
					got, host = r.Header, r.Host
					return
				}
				to := tt.to
				if to == "name" {
					to = strings.Replace("http://"+r.Context().Value(http.LocalAddrContextKey).(net.Addr).String(), "127.0.0.1", "localhost", 1) + "/end"
				}
				http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			}))
			m.Redirects = 1
			m.Headers = map[string]string{"authorization": "Bearer t", "Cookie": "c=1", "X-Api-Key": "k", "X-Other": "o", "host": "shop.example"}
			r := once(t, probe.Options{}, m)
			wantOK(t, r)
			if kept := got.Get("Authorization") == "Bearer t" && got.Get("Cookie") == "c=1" && got.Get("X-Api-Key") == "k" && host == "shop.example"; kept != tt.kept {
				t.Errorf("kept: %v, want %v: %v %s", kept, tt.kept, got, host)
			}
			if !tt.kept && (got.Get("Authorization") != "" || got.Get("Cookie") != "" || got.Get("X-Api-Key") != "" || host == "shop.example") {
				t.Errorf("secrets went along: %v %s", got, host)
			}
			if got.Get("X-Other") != "o" || strings.Contains(r.Hops[1].URL, "secret") {
				t.Errorf("got %v, %s", got, r.Hops[1].URL)
			}
		})
	}
}

func TestMethodAndBodyChangeAsBrowsersDo(t *testing.T) {
	for _, tt := range []struct {
		status       int
		method, want string
	}{
		{301, "POST", "GET "}, {302, "POST", "GET "}, {303, "POST", "GET "}, {303, "PUT", "GET "}, {302, "PUT", "PUT body"},
		{307, "POST", "POST body"}, {308, "PUT", "PUT body"}, {302, "HEAD", "HEAD "}, {303, "HEAD", "HEAD "},
	} {
		var got string
		m := monitor(serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				http.Redirect(w, r, "/end", tt.status)
				return
			}
			b, _ := io.ReadAll(r.Body)
			got = r.Method + " " + string(b)
			if (r.Header.Get("Content-Type") != "") != (len(b) > 0) {
				t.Errorf("%d %s: content type %q with %d bytes", tt.status, tt.method, r.Header.Get("Content-Type"), len(b))
			}
		}) + "/")
		m.Redirects, m.Method = 1, tt.method
		if tt.method != "HEAD" {
			m.Body, m.Headers = "body", map[string]string{"content-type": "text/plain"}
		}
		wantOK(t, once(t, probe.Options{}, m))
		if got != tt.want {
			t.Errorf("%d after %s: got %q, want %q", tt.status, tt.method, got, tt.want)
		}
	}
}
