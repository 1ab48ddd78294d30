package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/data"
)

// known are the lines of a file in testdata.
func known(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestWatchTellsWhatTheEventsSay(t *testing.T) {
	w := watch{}
	var got []string
	passed := 0
	for _, value := range known(t, "events.ndjson") {
		e, err := data.Decode([]byte(value))
		if err != nil {
			passed++
			continue
		}
		if line := w.event(e); line != "" {
			got = append(got, line)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(got, known(t, "alerts.txt")); diff != "" {
		t.Errorf("got (-), want (+):\n%s", diff)
	}
	if passed != 3 {
		t.Errorf("passed over %d events, want 3: one of a later schema, and two that are none", passed)
	}
}

func TestRemovedMonitorBeginsAnew(t *testing.T) {
	w := watch{}
	var got bytes.Buffer
	for _, value := range known(t, "events.ndjson") {
		if e, err := data.Decode([]byte(value)); err == nil && e.Key() == "removed" {
			got.WriteString(w.event(e))
		}
	}
	if s := w[place{"removed", "ber1"}]; s == nil || s.down != 0 || got.Len() > 0 {
		t.Errorf("got %q and %+v after a removal, want that nothing is left of the row", got.String(), s)
	}
}
