package heartbeat_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
)

// A secret is not part of the definition, so that its change is none of that.
func TestReloadTakesSecretsThatHaveChanged(t *testing.T) {
	var asked sync.Map
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked.Store(r.Header.Get("X-Token"), true) }))
	defer target.Close()
	m, plain, j := monitor("a", target.URL, 100*time.Millisecond), monitor("b", target.URL, time.Second), newJournal()
	m.Headers = map[string]string{"X-Token": "${file:token}"}
	var secret atomic.Value
	secret.Store("first")
	h, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Expand: func(m *data.Monitor) (*data.Monitor, []string, error) {
		if m.Headers == nil {
			return m, nil, nil
		}
		token := secret.Load().(string)
		if token == "" {
			return nil, nil, errors.New("there is no token")
		}
		full := *m
		full.Headers = map[string]string{"X-Token": token}
		return &full, []string{token}, nil
	}}, []data.Monitor{m, plain})
	if err != nil {
		t.Fatal(err)
	}
	run(t, h)
	for _, step := range []struct{ token, refreshed, bad, sent string }{
		{"first", "[]", "map[]", "first"}, {"second", "[a]", "map[]", "second"}, {"", "[]", "map[a:there is no token]", "second"}, {"third", "[a]", "map[]", "third"},
	} {
		secret.Store(step.token)
		did, err := h.Reload(t.Context(), []data.Monitor{m, plain})
		if err != nil || fmt.Sprint(did.Refreshed) != step.refreshed || fmt.Sprint(did.Bad) != step.bad || did.Unchanged != 2 || !did.At.IsZero() {
			t.Errorf("%q: %+v, %v", step.token, did, err)
		}
		asked.Delete(step.sent)
		n := len(measured(j.wait(t, "", func([]data.Event) bool { return true }), "a"))
		j.wait(t, "probes", func(e []data.Event) bool { return len(measured(e, "a")) > n+2 })
		if _, ok := asked.Load(step.sent); !ok {
			t.Errorf("%q: the target does not see %s", step.token, step.sent)
		}
	}
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		if m, ok := e.(*data.Measurement); ok && m.State == data.Down {
			t.Errorf("%+v", m.Error)
		}
	}
}

// What cannot be persisted does not happen.
func TestReloadThatCannotBePersistedChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := monitor("a", "http://192.0.2.1/", time.Second)
		s := newStepped(t, time.Now(), a)
		from := data.Millis(time.Now())
		time.Sleep(10 * time.Second)
		name := filepath.Join(s.dir, "definitions.json")
		kept, err := os.ReadFile(name)
		if err == nil {
			err = os.Remove(name)
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(name, "in the way"), 0o700)
		}
		if err != nil {
			t.Fatal(err)
		}
		edited := monitor("a", "http://192.0.2.1/new", 2*time.Second)
		if did, err := s.Reload(t.Context(), []data.Monitor{edited}); err == nil || !did.None() {
			t.Errorf("%+v, %v", did, err)
		}
		time.Sleep(10 * time.Second)
		if err := errors.Join(os.RemoveAll(name), os.WriteFile(name, kept, 0o600)); err != nil {
			t.Fatal(err)
		}
		if n, _ := s.account(t, a, from); n < 19 {
			t.Errorf("%d slots were measured in 20 s", n)
		}
	})
}
