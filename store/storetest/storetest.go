package storetest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// Run runs the suite. Open returns a store that is empty, has room for some
// thousand monitors and some thousand events of each, and forgets none for their
// age; what it leaves behind is its own t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"SavesNothing", savesNothing},
		{"KnowsNoMonitorThatNeverCame", unknown},
		{"RefusesByIndex", refuses},
		{"EndsWithItsContext", cancelled},
		{"TakesAnyID", anyID},
		{"KeepsTheMeasurementThatStartedEarlier", earlier},
		{"TakesTheLastAttempt", attempts},
		{"PrefersMeasurementsToGaps", measuredWins},
		{"CountsASlotOfTwoGapsOnce", gapsOverlap},
		{"AsksFromInclusiveToExclusive", bounds},
		{"TellsLocationsApart", locations},
		{"RemembersRegistrations", registrations},
		{"BoundsPages", limits},
		{"RefusesForeignCursors", cursors},
		{"GoesOnWhileRowsArrive", stable},
		{"ShowsWhatItAcknowledged", acknowledged},
		{"FindsIncidents", incidents},
		{"AddsUpSeries", series},
		{"RefusesSteps", steps},
		{"TellsWhatChanged", changes},
		{"SkipsNoChange", noneSkipped},
		{"ChoosesMonitorsByKey", choosesKeys},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
	t.Run("AnswersAlikeInAnyOrder", func(t *testing.T) { anyOrder(t, open) })
	t.Run("RollsUpAlikeInAnyOrder", func(t *testing.T) { rollsUp(t, open) })
}

// random returns a source whose seed is in the log of a test that fails, and may
// be given by STORETEST_SEED.
func random(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("STORETEST_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("STORETEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// at is the instant of the n-th slot of the suite's monitors.
func at(n int) time.Time { return time.UnixMilli(1_790_000_000_000 + int64(n)*10_000).UTC() }

func up(monitor, location string, n int) *data.Measurement {
	return &data.Measurement{
		Monitor: monitor, Location: location, Instance: "i", Version: "v", Scheduled: at(n), Attempt: 1, State: data.Up,
		Started: at(n).Add(time.Millisecond), Late: time.Millisecond, Method: "GET", URL: "https://shop.example/",
		HTTP:   &data.HTTP{Status: 200, Protocol: "HTTP/1.1", Remote: "127.0.0.1:443", BodyBytes: -1},
		Phases: data.Phases{FirstByte: data.SpanOf(2 * time.Millisecond), Total: data.SpanOf(2 * time.Millisecond)},
	}
}

func down(monitor, location string, n int) *data.Measurement {
	m := up(monitor, location, n)
	m.State, m.HTTP, m.Error = data.Down, nil, &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "no answer"}
	return m
}

func gap(monitor, location string, first, last int, reason data.Reason) *data.Gap {
	return &data.Gap{
		Monitor: monitor, Location: location, Instance: "i", Version: "v", First: at(first), Last: at(last),
		Slots: int64(last-first) + 1, Reason: reason,
	}
}

func registration(monitor, location string, n int) *data.Registration {
	return &data.Registration{
		Monitor: monitor, Location: location, Instance: "i", Version: "v", From: at(n), Method: "GET", URL: "https://shop.example/",
		Schedule: data.Schedule{Every: data.Duration(10 * time.Second)}, Timeout: 5 * time.Second,
	}
}

// save saves events, of which none is refused.
func save(t *testing.T, s store.Saver, events ...data.Event) {
	t.Helper()
	refused, err := s.Save(t.Context(), events)
	if err != nil || len(refused) > 0 {
		t.Fatalf("save %d events: refused %v, error %v", len(events), refused, err)
	}
}

func texts[E data.Event](list []E) []string {
	all := make([]string, len(list))
	for i, e := range list {
		all[i] = text(e)
	}
	return all
}

func text(e data.Event) string {
	b, err := data.Encode(e)
	if err != nil {
		return fmt.Sprintf("%#v: %v", e, err)
	}
	return string(b)
}

// same wants two lists of lines to be equal, and shows where they part.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%s, entry %d of %d (want %d):\ngot  %s\nwant %s", what, i, len(got), len(want), g, w)
		}
	}
}
