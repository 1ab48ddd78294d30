package heartbeat_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/queue"
)

// dataDir is a directory with the definitions of a and b at here, which change alters.
func dataDir(t *testing.T, change func([]byte) []byte) string {
	t.Helper()
	dir := t.TempDir()
	s, err := heartbeat.OpenState(dir, "", "here")
	if err != nil {
		t.Fatal(err)
	}
	from := data.Millis(time.Now().Add(-time.Hour))
	a, b := monitor("a", "http://127.0.0.1:1/", time.Second), monitor("b", "http://127.0.0.1:2/", time.Second)
	if err := s.Save([]heartbeat.Definition{heartbeat.Define(&a, from), heartbeat.Define(&b, from)}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	name := filepath.Join(dir, "definitions.json")
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, change(old), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func swap(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), old, new)) }
}

func TestDamagedDefinitionsAreSetAsideAndTheOthersServe(t *testing.T) {
	for name, c := range map[string]struct {
		change   func([]byte) []byte
		left     int
		aside    int
		location string
	}{
		"intact":  {func(b []byte) []byte { return b }, 2, 0, "here"},
		"one bad": {swap("http://127.0.0.1:2/", "::"), 1, 1, "here"},
		"one foreign": {func(b []byte) []byte {
			return []byte(strings.Replace(string(b), `{"id":"b"`, `{"id":"c"`, 1))
		}, 1, 1, "here"},
		"an empty one": {func(b []byte) []byte { return append(b[:len(b)-2], ",{}]}"...) }, 2, 1, "here"},
		"another form": {func([]byte) []byte { return []byte("[]") }, 0, 1, ""},
		"one a number": {func(b []byte) []byte { return append(b[:len(b)-2], ",7]}"...) }, 2, 1, "here"},
		"cut":          {func(b []byte) []byte { return b[:len(b)/2] }, 0, 1, "here"},
		"no JSON":      {func([]byte) []byte { return []byte("hello") }, 0, 1, ""},
		"empty":        {func([]byte) []byte { return nil }, 0, 1, ""},
		"zeroed":       {func(b []byte) []byte { return make([]byte, len(b)) }, 0, 1, ""},
		"no form":      {swap(`"form":1,`, ""), 0, 1, "here"},
		"no location":  {swap(`"location":"here"`, `"location":""`), 0, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := dataDir(t, c.change)
			before, err := os.ReadFile(filepath.Join(dir, "definitions.json"))
			if err != nil {
				t.Fatal(err)
			}
			for range 3 { // starts that get no further leave one file
				s, err := heartbeat.OpenState(dir, "", "elsewhere")
				if err != nil {
					t.Fatal(err)
				}
				s.Close()
			}
			s, err := heartbeat.OpenState(dir, "", "elsewhere")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if n := len(s.Monitors()); n != c.left || s.SetAside != c.aside {
				t.Errorf("%d monitors are left and %d set aside, want %d and %d", n, s.SetAside, c.left, c.aside)
			}
			files, err := filepath.Glob(filepath.Join(dir, "definitions.json.damaged-*"))
			if err != nil || len(files) != min(c.aside, 1) {
				t.Fatalf("set aside: %v, %v", files, err)
			}
			for _, file := range files {
				if !strings.Contains(strings.Join(s.Notes, "\n"), file) {
					t.Errorf("%q does not name %s", s.Notes, file)
				}
				kept, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if c.left == 0 && string(kept) != string(before) || c.left > 0 && !json.Valid(kept) {
					t.Errorf("set aside is %q", kept)
				}
			}
			if c.location == "" {
				if err := s.Locate(""); !errors.Is(err, heartbeat.ErrLocation) || !strings.Contains(err.Error(), "MONITORINK_LOCATION") {
					t.Errorf("got %v, want that it asks for the location", err)
				}
				if err := s.Locate("there"); err != nil || s.Location() != "there" {
					t.Errorf("got %q, %v, want the location of the events", s.Location(), err)
				}
			} else if err := s.Locate("there"); err != nil || s.Location() != c.location {
				t.Errorf("got %q, %v, want the persisted location", s.Location(), err)
			}
		})
	}
}

func TestTheLocationOfDamagedDefinitionsIsNotGuessed(t *testing.T) {
	damaged := dataDir(t, func([]byte) []byte { return []byte("{") })
	for name, c := range map[string]struct {
		dir, configured, events, want string
	}{
		"new":                              {t.TempDir(), "", "", "host"},
		"new, configured":                  {t.TempDir(), "set", "", "set"},
		"definitions deleted":              {t.TempDir(), "", "here", "here"},
		"deleted, and another on purpose":  {t.TempDir(), "set", "here", "set"},
		"damaged":                          {damaged, "", "", ""},
		"damaged, events tell":             {damaged, "", "here", "here"},
		"damaged, configured":              {damaged, "set", "", "set"},
		"damaged, configured as events":    {damaged, "here", "here", "here"},
		"damaged, configured in a new way": {damaged, "set", "here", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := heartbeat.OpenState(c.dir, c.configured, "host")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.Locate(c.events)
			if (err != nil) != (c.want == "") || err == nil && s.Location() != c.want {
				t.Errorf("got %q, %v, want %q", s.Location(), err, c.want)
			}
		})
	}
}

func TestDefinitionsOfALaterVersionAreRefusedAndKept(t *testing.T) {
	dir := dataDir(t, swap(`"form":1`, `"form":2`))
	if _, err := heartbeat.OpenState(dir, "", "here"); err == nil || !strings.Contains(err.Error(), "later version") {
		t.Errorf("got %v, want that a later version wrote it", err)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "definitions.json*")); err != nil || len(files) != 1 {
		t.Errorf("there are %v, %v", files, err)
	}
}

func TestWhatACrashLeftOfASaveIsRemovedAndForeignFilesAreNot(t *testing.T) {
	dir := dataDir(t, func(b []byte) []byte { return b })
	for _, name := range []string{"definitions.json.12345", "definitions.json.bak", "notes", "definitions.json.damaged-x"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := heartbeat.OpenState(dir, "", "here")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := strings.Join(s.Foreign, " "); got != "definitions.json.bak notes" {
		t.Errorf("foreign are %q", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "definitions.json.12345")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary file: %v, want that it is gone", err)
	}
}

// TestSlotsOfLostDefinitionsAreAccountedFor: all definitions are lost, and the local
// queue remembers some.
func TestSlotsOfLostDefinitionsAreAccountedFor(t *testing.T) {
	dir := dataDir(t, func(b []byte) []byte { return b[:len(b)/3] })
	state, err := heartbeat.OpenState(dir, "", "host")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	now := data.Millis(time.Now())
	since, from := now.Add(-time.Minute), now.Add(-time.Hour)
	j := newJournal()
	j.at = since
	mon := func(id, path string) *data.Monitor {
		m := monitor(id, "http://127.0.0.1:1/"+path, time.Second)
		return &m
	}
	tell := func(e data.Event) {
		t.Helper()
		m, err := queue.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		j.records = append(j.records, m)
	}
	measured := func(m *data.Monitor) {
		at := data.Millis(since.Add(-time.Second))
		tell(&data.Measurement{Monitor: m.ID, Location: "here", Instance: "old", Version: m.Version(), Scheduled: at, Attempt: 1, State: data.Up, Started: at})
	}
	tell(mon("announced", "").Register("here", "old", from))
	tell(mon("edited", "old").Register("here", "old", from))
	tell(mon("removed", "").Register("here", "old", from))
	measured(mon("measured", ""))
	measured(mon("edited unknown", "old"))
	measured(mon("removed unknown", ""))
	list := []data.Monitor{*mon("announced", ""), *mon("edited", "new"), *mon("measured", ""), *mon("silent", ""), *mon("edited unknown", "new")}
	_, err = heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, list)
	if err != nil {
		t.Fatal(err)
	}
	start, _ := j.Recovered()
	start = start.Add(time.Millisecond)
	stopped, registered, removed := map[string]int64{}, map[string]time.Time{}, map[string]bool{}
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		switch e := e.(type) {
		case *data.Gap:
			stopped[e.Monitor] += e.Slots
		case *data.Registration:
			if e.Instance == "i" {
				registered[e.Monitor], removed[e.Monitor] = e.From, e.Removed
			}
		}
	}
	for id, want := range map[string]struct {
		stopped bool
		from    time.Time
		removed bool
	}{
		"announced":       {true, from, false},
		"edited":          {true, start, false},
		"removed":         {true, start, true},
		"measured":        {true, since.Add(time.Millisecond), false},
		"silent":          {true, since.Add(time.Millisecond), false},
		"edited unknown":  {false, start, false},
		"removed unknown": {false, start, true},
	} {
		if n := stopped[id]; want.stopped != (n >= 59 && n <= 62) {
			t.Errorf("%s: %d slots are stopped", id, n)
		}
		if !registered[id].Equal(want.from) || removed[id] != want.removed {
			t.Errorf("%s: registered from %v, removed %t, want %v, %t", id, registered[id], removed[id], want.from, want.removed)
		}
	}
}

// TestDamageLeadsBackToTheCheckpointBeforeIt: what the damage took was collected by
// nobody.
func TestDamageLeadsBackToTheCheckpointBeforeIt(t *testing.T) {
	dir := dataDir(t, func(b []byte) []byte { return b })
	state, err := heartbeat.OpenState(dir, "", "here")
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	j := newJournal()
	now := data.Millis(time.Now())
	intact := now.Add(-10 * time.Minute)
	j.at, j.intact = now.Add(-time.Second), &intact
	if _, err := heartbeat.New(t.Context(), heartbeat.Options{Location: "here", Instance: "i", Queue: j, Journal: j, State: state}, state.Monitors()); err != nil {
		t.Fatal(err)
	}
	gaps := 0
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		if g, ok := e.(*data.Gap); ok {
			if gaps++; g.Slots < 599 || g.Slots > 602 {
				t.Errorf("%s: %d slots are stopped, want ten minutes", g.Monitor, g.Slots)
			}
		}
	}
	if gaps != 2 {
		t.Errorf("%d gaps, want one of each", gaps)
	}
}
