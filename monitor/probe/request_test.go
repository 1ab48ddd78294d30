package probe_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// A seen is what a target got.
type seen struct {
	method, uri, body, host string
	header                  http.Header
}

// overBoth runs test over HTTP/1 and over HTTP/2.
func overBoth(t *testing.T, test func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string)) {
	t.Run("HTTP1", func(t *testing.T) {
		test(t, probe.Options{}, func(h http.HandlerFunc) string { return serve(t, h) })
	})
	t.Run("HTTP2", func(t *testing.T) {
		a := newAuthority(t)
		cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1", "localhost")
		test(t, probe.Options{RootCAs: a.pool}, func(h http.HandlerFunc) string { return secure(t, cert, true, h) })
	})
}

// notes hands on what h gets, request by request.
func notes(all *[]seen, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*all = append(*all, seen{r.Method, r.RequestURI, string(b), r.Host, r.Header.Clone()})
		if h != nil {
			h(w, r)
		}
	}
}

const odd = `a&b=c d+e%20"ü\#?/:@~*!'()`

var escapes = regexp.MustCompile(`%[0-9a-f]{2}`)

func TestQueryAndFormAreSentAsCurlSendsThem(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed: ", err)
	}
	var all []seen
	url := serve(t, notes(&all, nil))
	same := func(name string, ours, theirs seen) {
		t.Helper()
		// In queries curl writes a plus for a space, which only forms know, and small digits.
		theirs.uri = escapes.ReplaceAllStringFunc(strings.ReplaceAll(theirs.uri, "+", "%20"), strings.ToUpper)
		if ours.uri != theirs.uri || ours.body != theirs.body || ours.header.Get("Content-Type") != theirs.header.Get("Content-Type") ||
			ours.header.Get("Authorization") != theirs.header.Get("Authorization") || ours.method != theirs.method {
			t.Errorf("%s: sent %+v\ncurl     %+v", name, ours, theirs)
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*data.Monitor)
		args   []string
	}{
		{"form", func(m *data.Monitor) {
			m.Method, m.Form = "POST", data.Values{"user": {"probe"}, "odd": {odd, "2"}}
		}, []string{"--data-urlencode", "odd=" + odd, "--data-urlencode", "odd=2", "--data-urlencode", "user=probe"}},
		{"query", func(m *data.Monitor) { m.Query = data.Values{"q": {"shoes"}, "odd": {odd}} }, []string{"--get", "--data-urlencode", "odd=" + odd, "-d", "q=shoes"}},
		{"basic", func(m *data.Monitor) {
			m.Auth = &data.Auth{Basic: &data.Basic{Username: "jö e", Password: `p:w "ü` + odd}}
		}, []string{"-u", `jö e:p:w "ü` + odd}},
		{"bearer", func(m *data.Monitor) { m.Auth = &data.Auth{Bearer: "abc.DEF-_~+/="} }, []string{"--oauth2-bearer", "abc.DEF-_~+/="}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/", "/a%20b?x=1&y"} {
				all = nil
				m := monitor(url + path)
				tt.change(m)
				wantOK(t, once(t, probe.Options{}, m))
				if out, err := exec.CommandContext(t.Context(), curl, append([]string{"-q", "-s", "-S", "--noproxy", "*", url + path}, tt.args...)...).CombinedOutput(); err != nil {
					t.Fatalf("curl: %v %s", err, out)
				}
				if len(all) != 2 {
					t.Fatalf("%d requests", len(all))
				}
				same(tt.name+" "+path, all[0], all[1])
			}
		})
	}
}

func TestRequestIsShapedOverBothProtocols(t *testing.T) {
	overBoth(t, func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string) {
		var all []seen
		m := monitor(serve(notes(&all, nil)) + "/p?a=1")
		m.Method, m.Query, m.Form = "POST", data.Values{"b": {"2 3"}}, data.Values{"f": {"4 5"}}
		m.Auth = &data.Auth{Basic: &data.Basic{Username: "u", Password: "p"}}
		m.Uncompressed, m.Traceparent = true, true
		r := once(t, o, m)
		wantOK(t, r)
		got := all[0]
		if got.method != "POST" || got.uri != "/p?a=1&b=2%203" || got.body != "f=4+5" || got.header.Get("Authorization") != "Basic dTpw" ||
			got.header.Get("Accept-Encoding") != "identity" || got.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("got %+v", got)
		}
		if got.header.Get("User-Agent") != "Monitorink" {
			t.Errorf("user agent %q", got.header.Get("User-Agent"))
		}
		traced(t, r, got)
	})
}

var traceForm = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-01$`)

// traced returns the span of a request that belongs to r's trace.
func traced(t *testing.T, r *probe.Response, s seen) string {
	t.Helper()
	parts := traceForm.FindStringSubmatch(s.header.Get("Traceparent"))
	if parts == nil || parts[1] != r.Trace() || strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" || len(s.header["Traceparent"]) != 1 {
		t.Fatalf("traceparent %q, the probe says %q", s.header["Traceparent"], r.Trace())
	}
	return parts[2]
}

func TestTraceIsFreshForEachProbeAndOneAcrossRedirects(t *testing.T) {
	overBoth(t, func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string) {
		var all []seen
		url := serve(notes(&all, chain))
		m := monitor(url + "/2")
		m.Redirects, m.Traceparent, m.Connection = 5, true, data.ConnectionReuse
		p := prober(t, o)
		traces, spans := map[string]bool{}, map[string]bool{}
		for range 3 {
			all = nil
			r := again(t, p, m)
			wantOK(t, r)
			for _, s := range all {
				spans[traced(t, r, s)] = true
			}
			traces[r.Trace()] = true
		}
		if len(traces) != 3 || len(spans) != 9 {
			t.Errorf("3 probes of 3 requests each have %d traces and %d spans", len(traces), len(spans))
		}
		m.Traceparent, all = false, nil
		if r := again(t, p, m); r.Trace() != "" || all[0].header["Traceparent"] != nil {
			t.Errorf("a trace that nobody asked for: %q %q", r.Trace(), all[0].header["Traceparent"])
		}
	})
}

func TestCookiesLiveForOneProbe(t *testing.T) {
	login := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/", HttpOnly: true})
			http.SetCookie(w, &http.Cookie{Name: "deep", Value: "2", Path: "/deep"})
			http.SetCookie(w, &http.Cookie{Name: "elsewhere", Value: "3", Domain: "other.example"})
			http.Redirect(w, r, "/home", http.StatusFound)
		case "/home":
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "4", Path: "/"})
			http.Redirect(w, r, "/deep/er", http.StatusFound)
		}
	}
	overBoth(t, func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string) {
		var all []seen
		m := monitor(serve(notes(&all, login)) + "/")
		m.Redirects, m.Headers = 5, map[string]string{"cookie": "own=0"}
		p := prober(t, o)
		for _, on := range []bool{true, true, false} { // the second begins without any, again
			m.Cookies, all = on, nil
			wantOK(t, again(t, p, m))
			var got []string
			for _, s := range all {
				got = append(got, strings.Join(s.header["Cookie"], "; "))
			}
			want := "own=0|own=0; session=1|own=0; deep=2; session=4"
			if !on {
				want = "own=0|own=0|own=0"
			}
			if strings.Join(got, "|") != want {
				t.Errorf("cookies %v: sent %q, want %q", on, got, want)
			}
		}
	})
}

func TestCookiesStayWithTheirHost(t *testing.T) {
	var all []seen
	end := serve(t, notes(&all, nil))
	m := monitor(serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		http.Redirect(w, r, strings.Replace(end, "127.0.0.1", "localhost", 1), http.StatusFound)
	}))
	m.Redirects, m.Cookies = 1, true
	wantOK(t, once(t, probe.Options{}, m))
	if len(all) != 1 || all[0].header["Cookie"] != nil {
		t.Errorf("got %+v", all)
	}
}

func TestCookiesAreBounded(t *testing.T) {
	longest := 0
	m := monitor(serve(t, func(w http.ResponseWriter, r *http.Request) {
		longest = max(longest, len(r.Header.Get("Cookie")))
		for range 10 {
			http.SetCookie(w, &http.Cookie{Name: "c" + strings.Trim(r.URL.Path, "/"), Value: strings.Repeat("x", 4000)})
		}
		http.Redirect(w, r, r.URL.Path+"a", http.StatusFound)
	}) + "/a")
	m.Redirects, m.Cookies = 50, true
	wantErr(t, once(t, probe.Options{}, m), data.ErrRedirects, "")
	if longest == 0 || longest > probe.MaxHeader {
		t.Errorf("the longest line of cookies has %d bytes", longest)
	}
}

func TestRedirectsObeyThePolicy(t *testing.T) {
	a := newAuthority(t)
	cert := a.issue(t, -time.Hour, time.Hour, "127.0.0.1", "localhost")
	asked := 0
	end := func(http.ResponseWriter, *http.Request) { asked++ }
	plain, other := serve(t, end), strings.Replace(serve(t, end), "127.0.0.1", "localhost", 1)
	safe := secure(t, cert, false, end)
	for _, tt := range []struct{ to, policy, message string }{
		{plain, data.RedirectAny, ""},
		{other, data.RedirectAny, ""},
		{plain, data.RedirectSameHost, ""}, // another port
		{safe, data.RedirectSameHost, ""},
		{other, data.RedirectSameHost, `and redirects.to: same_host allows only the host 127.0.0.1`},
		{safe, data.RedirectHTTPS, ""},
		{plain, data.RedirectHTTPS, `redirect to "` + plain + `", and redirects.to: https allows only https`},
	} {
		asked = 0
		m := monitor(serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, tt.to, http.StatusFound) }))
		m.Redirects, m.RedirectTo = 1, tt.policy
		r := once(t, probe.Options{RootCAs: a.pool}, m)
		if tt.message == "" {
			wantOK(t, r)
			continue
		}
		if r.Err == nil || r.Err.Kind != data.ErrRedirects || !strings.Contains(r.Err.Message, tt.message) || asked != 0 || r.HTTP.Status != 302 {
			t.Errorf("%s to %s: got %+v, asked %d times; want %s", tt.policy, tt.to, r.Err, asked, tt.message)
		}
	}
}

func TestSecretsOfTheRequestStayOutOfHops(t *testing.T) {
	m := monitor(serve(t, chain) + "/1?a=b")
	m.Redirects, m.Query = 1, data.Values{"key": {"hunter2"}}
	r := once(t, probe.Options{}, m)
	wantOK(t, r)
	if len(r.Hops) != 2 || r.Hops[0].URL != m.URL || strings.Contains(r.Hops[1].URL, "hunter2") {
		t.Errorf("got %+v", r.Hops)
	}
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnEncodingThatNobodyAskedForIsLeftAsItCame(t *testing.T) {
	overBoth(t, func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string) {
		zipped := string(gzipped(t, "x"))
		m := withBody(monitor(serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, zipped)
		})))
		for _, uncompressed := range []bool{false, true} {
			m.Uncompressed = uncompressed
			want := "x"
			if uncompressed {
				want = zipped
			}
			r := once(t, o, m)
			wantOK(t, r)
			if string(r.Body) != want {
				t.Errorf("uncompressed %v: body %q", uncompressed, r.Body)
			}
		}
	})
}

func TestBodyIsReadFromItsFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, n int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("x", n)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var all []seen
	m := monitor(serve(t, notes(&all, nil)))
	m.Method, m.BodyFile = "POST", write("full", probe.MaxBody)
	wantOK(t, once(t, probe.Options{}, m))
	if len(all[0].body) != probe.MaxBody {
		t.Errorf("%d bytes were sent", len(all[0].body))
	}
	for file, want := range map[string]string{write("big", probe.MaxBody+1): "has 1048577 bytes, and at most 1048576", dir: "is not a file", os.DevNull: "is not a file"} {
		m.BodyFile = file
		if _, err := probe.Compile(m); err == nil || !strings.Contains(err.Error(), "body.file: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", file, err, want)
		}
	}
}

func TestRequestsThatCannotBeAreRefused(t *testing.T) {
	for name, v := range map[string]struct {
		change func(*data.Monitor)
		want   string
	}{
		"two ways": {func(m *data.Monitor) { m.Auth = &data.Auth{Bearer: "hunter2", Basic: &data.Basic{}} }, "write one"},
		"no way":   {func(m *data.Monitor) { m.Auth = &data.Auth{} }, "write one of basic, bearer and oauth2"},
		"beside a header": {func(m *data.Monitor) {
			m.Auth, m.Headers = &data.Auth{Bearer: "hunter2"}, map[string]string{"authorization": "x"}
		}, "headers has Authorization already"},
		"a colon":            {func(m *data.Monitor) { m.Auth = &data.Auth{Basic: &data.Basic{Username: "a:hunter2"}} }, "a colon"},
		"a line feed":        {func(m *data.Monitor) { m.Auth = &data.Auth{Basic: &data.Basic{Username: "a", Password: "hunter2\n"}} }, "control character"},
		"a token of two":     {func(m *data.Monitor) { m.Auth = &data.Auth{Bearer: "Bearer hunter2"} }, "without Bearer"},
		"form and body":      {func(m *data.Monitor) { m.Body, m.Form = "x", data.Values{"a": {"hunter2"}} }, "form: there is a body"},
		"a file":             {func(m *data.Monitor) { m.BodyFile = "nowhere/a.json" }, `body.file: the file nowhere/a.json cannot be read: no such file`},
		"a policy":           {func(m *data.Monitor) { m.RedirectTo = "home" }, `"home" is unknown; write any, same_host or https`},
		"two traces":         {func(m *data.Monitor) { m.Traceparent, m.Headers = true, map[string]string{"TraceParent": "x"} }, "traceparent: headers has one already"},
		"two encodings":      {func(m *data.Monitor) { m.Uncompressed, m.Headers = true, map[string]string{"accept-encoding": "x"} }, "headers has Accept-Encoding already"},
		"a method of spaces": {func(m *data.Monitor) { m.Method = "G T" }, "method:"},
	} {
		m := monitor("http://127.0.0.1/")
		v.change(m)
		if _, err := probe.Compile(m); err == nil || !strings.Contains(err.Error(), v.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %q", name, err, v.want)
		}
	}
}
