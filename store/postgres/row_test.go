package postgres

import (
	"bytes"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func golden(t *testing.T, name string) *data.Measurement {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "data", "testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	e, err := data.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return e.(*data.Measurement)
}

// TestCopyHasPostgresBinaryForm spells the form out as the server's manual does,
// under COPY, "Binary Format", and by the types' receive functions.
func TestCopyHasPostgresBinaryForm(t *testing.T) {
	r := newRow(golden(t, "measurement_up.json"), 0)
	r.series, r.profile = 7, 9
	want := strings.Join([]string{
		"5047434f50590aff0d0a00", "00000000", "00000000", // signature, flags, extension
		"0013",                          // 19 fields
		"00000004" + "00000007",         // series
		"00000008" + "00030332bd4f6fc0", // scheduled
		"00000002" + "0001",             // attempt
		"00000008" + "00030332bd4f6fc0", // started
		"00000004" + "00000009",         // profile
		"00000004" + "00000000",         // late
		"00000004" + "00000000",         // degraded
		"ffffffff",                      // dns
		"00000004" + "000023a0",         // connect
		"ffffffff",                      // tls
		"00000004" + "00000000",         // request
		"00000004" + "000002bc",         // first byte
		"ffffffff",                      // transfer
		"00000004" + "0000265c",         // total
		"ffffffff",                      // body
		"ffffffff",                      // error
		"00000002" + "00cc",             // status
		"00000014" + "03800010" + "20010db8000000000000000000000007", // remote
		"ffffffff", // detail
		"ffff",
	}, "")
	// The instant is 2026-11-23T21:48:40.12Z, in microseconds since 2000.
	at := hex.EncodeToString(appendInt64(nil, time.Date(2026, 11, 23, 21, 48, 40, 120e6, time.UTC).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Microseconds()))
	want = strings.ReplaceAll(want, "00030332bd4f6fc0", at)
	if got := hex.EncodeToString(appendCopy(nil, []row{r})); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestPlainMeasurementsHaveNoDetail(t *testing.T) {
	m := *golden(t, "measurement_up.json")
	m.Expectations = []data.Expectation{{Name: "status", OK: true, Seen: "204"}, {Name: "latency", OK: true, Seen: "9.82ms"}}
	if r := newRow(&m, 0); r.detail != nil || !r.told {
		t.Errorf("got %s", r.detail)
	}
	m.Trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	if r := newRow(&m, 0); string(r.detail) != `{"trace":"4bf92f3577b34da6a3ce929d0e0e4736"}` || !r.told {
		t.Errorf("got %s", r.detail)
	}
	m.Trace, m.Addresses, m.Unprobed = "", []data.Address{
		{Remote: "192.0.2.1:80", State: data.Up, Status: 204, Phases: data.Phases{Total: 2}}, {Remote: "192.0.2.2:80", State: data.Down, Error: &data.Error{Kind: data.ErrReset}},
	}, 3
	if r := newRow(&m, 0); string(r.detail) != `{"addresses":[{"remote":"192.0.2.1:80","status":204,"total_us":1},{"remote":"192.0.2.2:80","error":{"kind":"reset"}}],"unprobed":3}` || !r.told {
		t.Errorf("got %s", r.detail)
	}
	m.Expectations[0].Seen = "200"
	if r := newRow(&m, 0); !strings.Contains(string(r.detail), `"seen":"200"`) || r.told {
		t.Errorf("got %s", r.detail)
	}
}

func TestValuesThatFitNoColumnKeepTheEvent(t *testing.T) {
	for name, change := range map[string]func(*data.Measurement){
		"late":     func(m *data.Measurement) { m.Late = math.MaxInt64 },
		"degraded": func(m *data.Measurement) { m.Degraded = math.MinInt64 },
		"phase":    func(m *data.Measurement) { m.Phases.DNS = math.MaxInt64 },
		"body":     func(m *data.Measurement) { m.HTTP.BodyBytes = 1 << 31 },
		"status":   func(m *data.Measurement) { m.HTTP.Status = -1 },
		"remote":   func(m *data.Measurement) { m.HTTP.Remote = "a host:80" },
		"zone":     func(m *data.Measurement) { m.HTTP.Remote = "[fe80::1%eth0]:80" },
		"mapped":   func(m *data.Measurement) { m.HTTP.Remote = "[::ffff:1.2.3.4]:80" },
		"port":     func(m *data.Measurement) { m.HTTP.Remote = "1.2.3.4:080" },
	} {
		m := golden(t, "measurement_up.json")
		change(m)
		b, err := data.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if r := newRow(m, 0); !bytes.Contains(r.detail, b) {
			t.Errorf("%s: got %s", name, r.detail)
		}
	}
}

func TestHasNULTellsEscapesApart(t *testing.T) {
	for s, want := range map[string]bool{`"a"`: false, `"\u0000"`: true, `"\\u0000"`: false, `"\\\u0000"`: true, `"\\u0000\u0000"`: true} {
		if got := hasNUL([]byte(s)); got != want {
			t.Errorf("%s: got %v", s, got)
		}
	}
}
