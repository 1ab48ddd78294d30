package probe_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func TestTokenServesAllThatWouldAskForTheSame(t *testing.T) {
	i := &idp{life: 3600}
	var all []seen
	tokens, end := serve(t, i.ServeHTTP), serve(t, notes(&all, nil))
	p := prober(t, probe.Options{})
	for n, change := range []func(*data.OAuth2){
		func(*data.OAuth2) {}, func(*data.OAuth2) {}, func(o *data.OAuth2) { o.Scopes = []string{"a"} }, func(o *data.OAuth2) { o.ClientSecret = "other" },
		func(o *data.OAuth2) { o.Params = nil }, func(o *data.OAuth2) { o.Style = data.OAuth2Body }, func(o *data.OAuth2) { o.TokenURL += "/x" }, func(*data.OAuth2) {},
	} {
		m := oauth2(monitor(fmt.Sprint(end, "/", n)), tokens)
		change(m.Auth.OAuth2)
		wantOK(t, probing(t, p, m))
	}
	var got []string
	for _, s := range all {
		got = append(got, strings.TrimPrefix(s.header.Get("Authorization"), "Bearer token-"))
	}
	if want := "1 1 2 3 4 5 6 1"; strings.Join(got, " ") != want {
		t.Errorf("tokens %v, want %s", got, want)
	}
}

func TestTokenIsAskedForOnceByProbesAtOnce(t *testing.T) {
	i := &idp{life: 3600}
	release := make(chan struct{})
	tokens := serve(t, func(w http.ResponseWriter, r *http.Request) {
		<-release
		i.ServeHTTP(w, r)
	})
	c := target(t, oauth2(monitor(serve(t, func(http.ResponseWriter, *http.Request) {})), tokens))
	p := prober(t, probe.Options{})
	var begun, ended sync.WaitGroup
	for range 30 {
		begun.Add(1)
		ended.Go(func() {
			begun.Done()
			if r := p.Probe(t.Context(), c); r.Err != nil || r.Token() != "token-1" {
				t.Errorf("got %q, %+v", r.Token(), r.Err)
			}
		})
	}
	begun.Wait()
	close(release)
	ended.Wait()
	if n := i.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	i := &idp{life: 1000}
	m := oauth2(monitor(serve(t, func(http.ResponseWriter, *http.Request) {})), serve(t, i.ServeHTTP))
	p := prober(t, probe.Options{})
	ask := func(age time.Duration, want string, asked int64) {
		t.Helper()
		p.Age(age)
		r := probing(t, p, m)
		if r.Token() != want || i.asked.Load() != asked || r.Err != nil || r.Exhausted {
			t.Errorf("%v later: token %q, asked %d times, %+v; want %q, %d", age, r.Token(), i.asked.Load(), r.Err, want, asked)
		}
	}
	ask(0, "token-1", 1)
	ask(790*time.Second, "token-1", 1)
	ask(20*time.Second, "token-2", 2) // 810 of 1,000 s
	i.status = 500
	ask(850*time.Second, "token-2", 3) // it still serves
	ask(10*time.Second, "token-2", 3)  // not at every probe
	ask(70*time.Second, "token-2", 4)
	p.Age(100 * time.Second)
	wantAuth(t, probing(t, p, m), `it answered 500, error "invalid_client"`)
	i.status = 0
	ask(0, "token-6", 6)
	i.life = 0
	p.Age(1000 * time.Second)
	ask(0, "token-7", 7)
	ask(0, "token-8", 8) // each serves one probe
}

func TestARenewalThatHangsLeavesTimeForTheTarget(t *testing.T) {
	i := &idp{life: 1000}
	var hung atomic.Bool
	m := oauth2(monitor(serve(t, func(http.ResponseWriter, *http.Request) {})), serve(t, func(w http.ResponseWriter, r *http.Request) {
		if hung.Load() {
			io.Copy(io.Discard, r.Body) // only then does the context end with the connection
			<-r.Context().Done()
			return
		}
		i.ServeHTTP(w, r)
	}))
	m.Timeout = data.Duration(400 * time.Millisecond)
	p := prober(t, probe.Options{})
	wantOK(t, probing(t, p, m))
	hung.Store(true)
	p.Age(900 * time.Second)
	r := probing(t, p, m)
	wantOK(t, r)
	if r.Token() != "token-1" || r.Phases.Total.D() > 190*time.Millisecond {
		t.Errorf("token %q, total %v", r.Token(), r.Phases.Total)
	}
}

func TestTokenThatTheTargetRefusesIsForgottenAndNotRetried(t *testing.T) {
	i := &idp{life: 3600}
	asked := 0
	m := oauth2(monitor(serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("Authorization") == "Bearer token-2" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})), serve(t, i.ServeHTTP))
	p := prober(t, probe.Options{})
	p2 := oauth2(monitor(m.URL), m.Auth.OAuth2.TokenURL+"/other") // takes token-1
	wantOK(t, probing(t, p, p2))
	for n, want := range []string{"401 token-2", "200 token-3", "200 token-3"} {
		r := probing(t, p, m)
		wantOK(t, r)
		if got := fmt.Sprint(r.HTTP.Status, " ", r.Token()); got != want || asked != n+2 {
			t.Errorf("probe %d: got %s after %d requests, want %s", n, got, asked, want)
		}
	}
	if r := probing(t, p, p2); r.Token() != "token-1" {
		t.Errorf("the other's token is %q", r.Token())
	}
}

func TestTokensOfDefinitionsThatAreGoneAreForgotten(t *testing.T) {
	i := &idp{life: 0}
	end, tokens := serve(t, func(http.ResponseWriter, *http.Request) {}), serve(t, i.ServeHTTP)
	p := prober(t, probe.Options{})
	for n := range 200 {
		wantOK(t, probing(t, p, oauth2(monitor(end), fmt.Sprint(tokens, "/", n))))
	}
	if n := p.Tokens(); n > 64 {
		t.Errorf("%d are remembered", n)
	}
}

func TestATokenThatHasComeMeanwhileIsKept(t *testing.T) {
	i := &idp{life: 1000}
	p := prober(t, probe.Options{})
	var m *data.Monitor
	m = oauth2(monitor(serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-1" {
			return
		}
		p.Age(1000 * time.Second)
		if other := p.Probe(r.Context(), target(t, m)); other.Token() != "token-2" {
			t.Errorf("the other has %q, %+v", other.Token(), other.Err)
		}
		w.WriteHeader(http.StatusUnauthorized)
	})), serve(t, i.ServeHTTP))
	wantOK(t, probing(t, p, m))
	if r := probing(t, p, m); r.Token() != "token-2" {
		t.Errorf("got %q, want the one that came meanwhile", r.Token())
	}
}
