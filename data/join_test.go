package data_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func encode(t *testing.T, e data.Event) []byte {
	t.Helper()
	b, err := data.Encode(e)
	if err != nil {
		t.Fatalf("%v: %#v", err, e)
	}
	return b
}

func TestJoinIsASemilattice(t *testing.T) {
	r := random(t)
	slot := func() data.Event {
		if r.IntN(2) == 0 {
			return gap(r)
		}
		return measurement(r)
	}
	identity := func() data.Event { return registration(r) }
	for _, make := range []func() data.Event{slot, identity} {
		for range 1000 {
			a, b, c := make(), make(), make()
			same := func(law string, x, y data.Event) {
				t.Helper()
				if !bytes.Equal(encode(t, x), encode(t, y)) {
					t.Fatalf("Join is not %s:\n%s\n%s\na %s\nb %s\nc %s", law, encode(t, x), encode(t, y), encode(t, a), encode(t, b), encode(t, c))
				}
			}
			same("idempotent", data.Join(a, a), a)
			same("commutative", data.Join(a, b), data.Join(b, a))
			same("associative", data.Join(data.Join(a, b), c), data.Join(a, data.Join(b, c)))
			same("absorbing", data.Join(data.Join(a, b), a), data.Join(a, b))
			if (data.Compare(a, b) == 0) != bytes.Equal(encode(t, a), encode(t, b)) {
				t.Fatalf("Compare is %d for\n%s\n%s", data.Compare(a, b), encode(t, a), encode(t, b))
			}
		}
	}
}

func TestJoinSurvivesTheWire(t *testing.T) {
	r := random(t)
	for range 1000 {
		a, b := measurement(r), measurement(r)
		da, err1 := data.Decode(encode(t, a))
		db, err2 := data.Decode(encode(t, b))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if x, y := encode(t, data.Join(a, b)), encode(t, data.Join(da, db)); !bytes.Equal(x, y) {
			t.Fatalf("the join differs after decoding:\n%s\n%s", x, y)
		}
	}
}

func TestMeasurementWinsOverGap(t *testing.T) {
	r := random(t)
	for range 500 {
		m, g := measurement(r), gap(r)
		if data.Join(g, m) != data.Event(m) || data.Join(m, g) != data.Event(m) {
			t.Fatalf("%#v lost against %#v", m, g)
		}
	}
}

func TestEarlierStartWins(t *testing.T) {
	r := random(t)
	for range 500 {
		early, late := measurement(r), measurement(r)
		late.Started = early.Started.Add(time.Microsecond)
		if data.Join(late, early) != data.Event(early) || data.Join(early, late) != data.Event(early) {
			t.Fatalf("%#v lost against the later %#v", early, late)
		}
	}
}

func TestLongerGapOfOneBeginningWins(t *testing.T) {
	short := &data.Gap{Monitor: "m", Location: "l", First: at("2026-01-01T00:00:00Z"), Last: at("2026-01-01T00:00:10Z"), Slots: 2, Reason: data.Stopped}
	long, early := *short, *short
	long.Last = long.Last.Add(time.Second)
	early.First = early.First.Add(-time.Second)
	if data.Join(short, &long) != data.Event(&long) || data.Join(&long, &early) != data.Event(&early) {
		t.Error("want the earlier beginning, then the longer gap")
	}
}
