package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

// An idp gives tokens that are numbered, of a life in seconds.
type idp struct {
	asked  atomic.Int64
	life   int
	status int // 0: 200
	last   url.Values
	header http.Header
}

func (i *idp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := i.asked.Add(1)
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	i.last, i.header = r.PostForm, r.Header
	if i.status != 0 {
		w.WriteHeader(i.status)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"hunter2"}`)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprintf("token-%d", n), "token_type": "bearer", "expires_in": i.life})
}

func oauth2(m *data.Monitor, tokenURL string) *data.Monitor {
	m.Auth = &data.Auth{OAuth2: &data.OAuth2{TokenURL: tokenURL, ClientID: "pr:obe", ClientSecret: "hunter2 +", Scopes: []string{"a", "b"}, Params: map[string]string{"audience": "x"}}}
	return m
}

// wantAuth wants r to be the fault of the token endpoint, and to tell nothing of the
// target, nor any secret.
func wantAuth(t *testing.T, r *probe.Response, want string) {
	t.Helper()
	wantErr(t, r, data.ErrAuth, "")
	if r.Err == nil {
		return
	}
	if !strings.Contains(r.Err.Message, want) || strings.Contains(r.Err.Message, "hunter2") || len(r.Err.Message) > 600 {
		t.Errorf("got %q, want %q in it, and no secret", r.Err.Message, want)
	}
	if r.HTTP != nil || r.TLS != nil || r.Phases != (data.Phases{}) || r.Hops != nil || r.Exhausted {
		t.Errorf("it tells of the target: %+v %+v", r.HTTP, r.Phases)
	}
}

func probing(t *testing.T, p *probe.Prober, m *data.Monitor) *probe.Response {
	t.Helper()
	begun := time.Now()
	r := p.Probe(t.Context(), target(t, m))
	t.Cleanup(r.Release)
	if took := time.Since(begun); took > m.Timeout.D()+time.Second {
		t.Errorf("the probe took %v, with a timeout of %v", took, m.Timeout)
	}
	return r
}

func TestTokenIsAskedForAndSent(t *testing.T) {
	overBoth(t, func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string) {
		for _, style := range []string{data.OAuth2Header, data.OAuth2Body} {
			i := &idp{life: 3600}
			var all []seen
			m := oauth2(monitor(serve(notes(&all, nil))), serve(i.ServeHTTP)+"/token?tenant=1")
			m.Auth.OAuth2.Style = style
			r := once(t, o, m)
			wantOK(t, r)
			if len(all) != 1 || all[0].header.Get("Authorization") != "Bearer token-1" || r.Token() != "token-1" {
				t.Fatalf("got %+v, token %q", all, r.Token())
			}
			id, secret, _ := (&http.Request{Header: i.header}).BasicAuth()
			form := i.last.Encode()
			want := "audience=x&grant_type=client_credentials&scope=a+b"
			if style == data.OAuth2Body {
				id, secret = i.last.Get("client_id"), i.last.Get("client_secret")
				want = "audience=x&client_id=pr%3Aobe&client_secret=hunter2+%2B&grant_type=client_credentials&scope=a+b"
			} else { // RFC 6749, 2.3.1
				id, _ = url.QueryUnescape(id)
				secret, _ = url.QueryUnescape(secret)
			}
			if id != "pr:obe" || secret != "hunter2 +" || form != want || i.header.Get("Accept") != "application/json" || i.header.Get("User-Agent") != "Monitorink" {
				t.Errorf("style %q: got %q %q, %s, %v", style, id, secret, form, i.header)
			}
		}
	})
}

func TestTokenStaysWithItsHost(t *testing.T) {
	overBoth(t, func(t *testing.T, o probe.Options, serve func(http.HandlerFunc) string) {
		i := &idp{life: 3600}
		var first, other []seen
		back := ""
		elsewhere := serve(notes(&other, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, back+"/end", http.StatusTemporaryRedirect)
		}))
		home := serve(notes(&first, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/":
				http.Redirect(w, r, "/next", http.StatusTemporaryRedirect)
			case "/next":
				http.Redirect(w, r, elsewhere, http.StatusTemporaryRedirect)
			}
		}))
		back = home
		m := oauth2(monitor(home+"/"), serve(i.ServeHTTP))
		m.Redirects = 5
		wantOK(t, once(t, o, m))
		if len(first) != 3 || len(other) != 1 {
			t.Fatalf("%d and %d requests", len(first), len(other))
		}
		for n, want := range []string{"Bearer token-1", "Bearer token-1", ""} {
			if got := first[n].header.Get("Authorization"); got != want {
				t.Errorf("request %d has %q, want %q", n, got, want)
			}
		}
		if got := other[0].header["Authorization"]; got != nil {
			t.Errorf("the token went to another host: %q", got)
		}
	})
}

func TestFaultsOfTheTokenEndpointAreItsOwn(t *testing.T) {
	closed := unused(t)
	a := newAuthority(t)
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
	}
	status := func(code int, s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(code)
			fmt.Fprint(w, s)
		}
	}
	for name, v := range map[string]struct{ url, want string }{
		"refused":         {"http://" + closed + "/token?hunter2", "the token endpoint http://" + closed + "/token: dial tcp"},
		"no name":         {"http://nowhere.invalid/", "(dns)"},
		"blocked":         {"http://127.0.0.2/", "127.0.0.2:80 is not allowed: not there (blocked)"},
		"hangs":           {"http://" + raw(t, hang) + "/", "no answer within 250ms (timeout)"},
		"hangs up":        {"http://" + raw(t, func(c net.Conn) { readRequest(c) }) + "/", "(reset)"},
		"no HTTP":         {"http://" + raw(t, answers("hunter2\r\n\r\n")) + "/", "(protocol)"},
		"a stranger":      {secure(t, a.issue(t, -time.Hour, time.Hour, "127.0.0.1"), false, text("")), "(cert_authority)"},
		"401":             {serve(t, status(401, `{"error":"invalid_client","error_description":"hunter2"}`)), `it answered 401, error "invalid_client"`},
		"400 of text":     {serve(t, status(400, `hunter2`)), "it answered 400"},
		"a secret code":   {serve(t, status(400, `{"error":"hunter2"}`)), "it answered 400"},
		"a code of much":  {serve(t, status(400, `{"error":{"code":"hunter2"}}`)), "it answered 400"},
		"302":             {serve(t, status(302, "")), "it answered 302, and redirects are not followed there: write the URL that it leads to"},
		"an error in 200": {serve(t, text(`{"error":"invalid_scope"}`)), `it answered 200, error "invalid_scope", without an access_token`},
		"empty":           {serve(t, text("")), "without an access_token in JSON"},
		"HTML":            {serve(t, text("<html>hunter2")), "without an access_token in JSON"},
		"a number":        {serve(t, text(`{"access_token":1}`)), "without an access_token in JSON"},
		"two lines":       {serve(t, text(`{"access_token":"hunter2\r\nX: y"}`)), "another character that no token has"},
		"another type":    {serve(t, text(`{"access_token":"hunter2","token_type":"mac"}`)), "another type than Bearer"},
		"a long token":    {serve(t, text(`{"access_token":"`+strings.Repeat("x", 16<<10+1)+`"}`)), "has 16385 bytes, and at most 16384 are kept"},
		"endless":         {serve(t, text(`{"access_token":"`+strings.Repeat("x", probe.MaxBody)+`"}`)), "(body_too_large)"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := false
			m := quick(oauth2(monitor(serve(t, func(http.ResponseWriter, *http.Request) { asked = true })), v.url))
			m.Redirects = 5
			p := prober(t, probe.Options{Allow: func(a netip.AddrPort) error {
				if a.Addr() == netip.MustParseAddr("127.0.0.2") {
					return errors.New("not there")
				}
				return nil
			}})
			for range 2 { // a failure is not kept
				wantAuth(t, probing(t, p, m), v.want)
			}
			if asked {
				t.Error("the target was asked without a token")
			}
		})
	}
}

func TestTimeForATokenIsNotTheTargets(t *testing.T) {
	i := &idp{life: 3600}
	const slowness = 150 * time.Millisecond
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-time.After(slowness)
		i.ServeHTTP(w, r)
	})
	begun := time.Now()
	r := once(t, probe.Options{}, oauth2(monitor(serve(t, func(http.ResponseWriter, *http.Request) {})), tokens))
	wantOK(t, r)
	if took := time.Since(begun); r.Phases.Total.D() > took-slowness {
		t.Errorf("the phases are %v of %v", r.Phases.Total, took)
	}
	// The timeout bounds both, and who took most of it is to blame.
	m := quick(oauth2(monitor("http://"+raw(t, hang)), tokens))
	if r = probing(t, prober(t, probe.Options{}), m); r.Err == nil || r.Err.Kind != data.ErrAuth || !strings.Contains(r.Err.Message, "of the 250ms, and the target had too little left") {
		t.Errorf("got %+v", r.Err)
	}
	p := prober(t, probe.Options{})
	m.Timeout = data.Duration(5 * time.Second)
	m.URL = serve(t, func(http.ResponseWriter, *http.Request) {})
	wantOK(t, probing(t, p, m))
	m = quick(m)
	m.URL = "http://" + raw(t, hang)
	wantErr(t, probing(t, p, m), data.ErrTimeout, "first_byte") // with a token at hand
}

func TestAProbeOfLittleTimeFailsForItselfOnly(t *testing.T) {
	i := &idp{life: 3600}
	var first atomic.Bool
	arrived, gone := make(chan struct{}), make(chan struct{})
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !first.Swap(true) {
			close(arrived)
			<-gone
			return
		}
		i.ServeHTTP(w, r)
	})
	end := serve(t, func(http.ResponseWriter, *http.Request) {})
	p := prober(t, probe.Options{})
	short, long := target(t, quick(oauth2(monitor(end), tokens))), target(t, oauth2(monitor(end), tokens))
	var wg sync.WaitGroup
	wg.Go(func() {
		if r := p.Probe(t.Context(), short); r.Err == nil || r.Err.Kind != data.ErrAuth {
			t.Errorf("got %+v", r.Err)
		}
	})
	<-arrived
	wg.Go(func() {
		if r := p.Probe(t.Context(), long); r.Err != nil || r.Token() != "token-1" {
			t.Errorf("got %q, %+v", r.Token(), r.Err)
		}
	})
	wg.Wait()
	close(gone)
}

func TestAProbeThatIsCalledOffWhileItWaitsForATokenSaysSo(t *testing.T) {
	arrived := make(chan struct{}, 2)
	tokens := "http://" + raw(t, func(c net.Conn) {
		arrived <- struct{}{}
		hang(c)
	})
	c := target(t, oauth2(monitor("http://127.0.0.1:1/"), tokens))
	p := prober(t, probe.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			r := p.Probe(ctx, c)
			if r.Err == nil || r.Err.Kind != data.ErrInternal || !strings.Contains(r.Err.Message, "closing time") {
				t.Errorf("got %+v", r.Err)
			}
		})
	}
	<-arrived
	cancel(errors.New("closing time"))
	wg.Wait()
}

func TestOAuth2ThatCannotBeIsRefused(t *testing.T) {
	for want, change := range map[string]func(*data.OAuth2){
		`auth.oauth2.token_url: "id.example/token" has no scheme`:    func(o *data.OAuth2) { o.TokenURL = "id.example/token" },
		`auth.oauth2.client_id: it is empty`:                         func(o *data.OAuth2) { o.ClientID = "" },
		`auth.oauth2.style: "form" is unknown; write header or body`: func(o *data.OAuth2) { o.Style = "form" },
	} {
		m := oauth2(monitor("http://127.0.0.1/"), "http://127.0.0.1/")
		change(m.Auth.OAuth2)
		if _, err := probe.Compile(m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// unused is an address where nothing listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAllAddressesShareATokenAndATrace(t *testing.T) {
	var mu sync.Mutex
	var all []seen
	note := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, seen{header: r.Header.Clone()})
	}
	i := &idp{life: 3600}
	m := oauth2(monitor(serve(t, note)), serve(t, i.ServeHTTP))
	_, port, _ := strings.Cut(strings.TrimPrefix(m.URL, "http://"), ":")
	z := newZone(t, map[string][]string{"shop.example": {"127.0.0.1", "127.0.0.1"}, "one.example": {"127.0.0.1"}})
	for _, name := range []string{"one.example", "shop.example"} {
		all = nil
		m.URL, m.Resolver, m.Addresses, m.Traceparent = "http://"+name+":"+port, z.at, data.AddressesAll, true
		list, _, none := each(t, prober(t, probe.Options{}), m)
		if none != nil || len(list) == 0 || len(all) != len(list) {
			t.Fatalf("%d addresses, %d requests, %+v", len(list), len(all), none)
		}
		for _, s := range all {
			if s.header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", i.asked.Load()) || s.header.Get("Traceparent")[:36] != all[0].header.Get("Traceparent")[:36] {
				t.Errorf("got %v", s.header)
			}
		}
	}
	i.status = 500
	list, _, none := each(t, prober(t, probe.Options{}), m)
	if len(list) != 0 || none == nil {
		t.Fatalf("%d addresses without a token", len(list))
	}
	wantAuth(t, none, "it answered 500")
}
