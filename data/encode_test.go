package data_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func TestStringsAreReadByOthersAsWritten(t *testing.T) {
	r := random(t)
	for range 2000 {
		s := text(r)
		m := *goldens()["measurement_up"].(*data.Measurement)
		m.URL, m.Instance = s, s
		line := encode(t, &m)
		var got struct{ URL, Instance string }
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%q makes %s: %v", s, line, err)
		}
		// What encoding/json reads of what it writes itself: bytes that are no
		// UTF-8 become U+FFFD.
		var want string
		b, err := json.Marshal(s)
		if err == nil {
			err = json.Unmarshal(b, &want)
		}
		if err != nil || got.URL != want || got.Instance != want {
			t.Fatalf("%q is read as %q, want %q (%v)", s, got.URL, want, err)
		}
	}
}

func TestWhatIsEncodedDecodesToTheSame(t *testing.T) {
	r := random(t)
	for range 2000 {
		for _, e := range []data.Event{measurement(r), gap(r), registration(r)} {
			line := encode(t, e)
			if bytes.ContainsRune(line, '\n') || !json.Valid(line) {
				t.Fatalf("%q is not one line of JSON", line)
			}
			got, err := data.Decode(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if again := encode(t, got); !bytes.Equal(again, line) {
				t.Fatalf("%s\nbecame\n%s", line, again)
			}
		}
	}
}

func TestInstantsAreWrittenInUTC(t *testing.T) {
	r := random(t)
	last := at("9999-12-31T23:59:59.999999Z")
	for i := range 2000 {
		started := time.UnixMicro(r.Int64N(last.UnixMicro() + 1)).In(time.FixedZone("", r.IntN(86400)-43200))
		if i == 0 {
			started = last.In(time.FixedZone("", 43200))
		}
		m := *goldens()["measurement_up"].(*data.Measurement)
		m.Started, m.Scheduled = started, started.Truncate(time.Millisecond)
		var got map[string]any
		if err := json.Unmarshal(encode(t, &m), &got); err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]string{
			"scheduled_at": started.UTC().Format("2006-01-02T15:04:05.000Z"),
			"started_at":   started.UTC().Format("2006-01-02T15:04:05.000000Z"),
		} {
			if got[field] != want {
				t.Fatalf("%s is %v, want %s", field, got[field], want)
			}
		}
	}
	m := *goldens()["measurement_up"].(*data.Measurement)
	m.Started = last.Add(time.Microsecond).In(time.FixedZone("", -43200)) // 9999 only where it is
	if b, err := data.Encode(&m); err == nil {
		t.Errorf("the year 10000 is written: %s", b)
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range goldens() {
		line, err := data.Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"schema":"measurement/1","schema":"gap/1"}`))
	f.Add([]byte(`{"schema":"gap/1","monitor":"a","location":"b","first_at":"2026-01-01T01:00:00+01:00","last_at":"2026-01-01T00:00:00Z","slots":9223372036854775807,"reason":"clock"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := data.Decode(b)
		if err != nil {
			if e != nil {
				t.Fatalf("%v comes with an error: %v", e, err)
			}
			return
		}
		line, err := data.Encode(e)
		if err != nil {
			t.Fatalf("%q decodes, and does not encode: %v", b, err)
		}
		again, err := data.Decode(line)
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%q\ndecodes to %#v\nand then to %#v (%v)", b, e, again, err)
		}
		if data.Compare(e, again) != 0 || data.Join(e, again) != e {
			t.Fatalf("%q does not equal itself", b)
		}
	})
}
