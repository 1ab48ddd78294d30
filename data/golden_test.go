package data_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func us(n int64) data.Span { return data.SpanOf(time.Duration(n) * time.Microsecond) }

// goldens are the events of testdata/golden. The files are the form on the wire:
// a change that does not fit them is a new major form.
func goldens() map[string]data.Event {
	return map[string]data.Event{
		"measurement": &data.Measurement{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			Scheduled: at("2026-11-23T21:48:30.120Z"), Attempt: 1, State: data.Down,
			Started: at("2026-11-23T21:48:30.121004Z"), Late: 1004 * time.Microsecond,
			Method: "GET", URL: "https://shop.example/health",
			HTTP: &data.HTTP{Status: 200, Protocol: "HTTP/2.0", Remote: "203.0.113.7:443", Redirects: 1, BodyBytes: 18220},
			TLS:  &data.TLS{Version: "TLS 1.3", Expires: at("2027-01-02T00:00:00Z")},
			Phases: data.Phases{DNS: us(812), Connect: us(9120), TLS: us(14032), Request: us(41),
				FirstByte: us(88210), Transfer: us(3021), Total: us(115236)},
			Expectations: []data.Expectation{{Name: "body.matches", Seen: `…"status":"broken"…`}},
			Error:        &data.Error{Kind: data.ErrExpectation, Message: "body does not match …"},
		},
		"measurement_up": &data.Measurement{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			Scheduled: at("2026-11-23T21:48:40.120Z"), Attempt: 1, State: data.Up, Started: at("2026-11-23T21:48:40.12Z"),
			Method: "GET", URL: "http://shop.example/",
			HTTP:   &data.HTTP{Status: 204, Protocol: "HTTP/1.1", Remote: "[2001:db8::7]:80", BodyBytes: -1},
			Phases: data.Phases{Connect: us(9120), Request: us(0), FirstByte: us(700), Total: us(9820)},
		},
		"measurement_hops": &data.Measurement{
			Monitor: "ä/b?c=d", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			Scheduled: at("1999-12-31T23:59:59.999Z"), Attempt: 2, State: data.Down,
			Started: at("2000-01-01T00:00:00.000001Z"), Late: 1001 * time.Microsecond, Degraded: 3 * time.Second,
			Method: "POST", URL: "https://shop.example/a",
			Phases: data.Phases{DNS: us(2), Total: us(9)},
			Hops: []data.Hop{
				{URL: "https://shop.example/a", Status: 302, Remote: "203.0.113.7:443", Phases: data.Phases{DNS: us(1), Total: us(4)}},
				{URL: "https://www.shop.example/b", Phases: data.Phases{DNS: us(1), Total: us(5)}},
			},
			Error: &data.Error{Kind: data.ErrTimeout, Phase: "connect", Message: "a\tb\n\"c\" \\ \u0001 \u2028 <&>"},
		},
		"measurement_auth": &data.Measurement{
			Monitor: "orders", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			Scheduled: at("2026-11-28T09:00:00.000Z"), Attempt: 1, State: data.Down, Started: at("2026-11-28T09:00:00.001Z"), Late: time.Millisecond,
			Method: "GET", URL: "https://orders.example/", Trace: "4bf92f3577b34da6a3ce929d0e0e4736",
			Error: &data.Error{Kind: data.ErrAuth, Message: `the token endpoint https://id.example/token answered 401, error "invalid_client"`},
		},
		"measurement_addresses": &data.Measurement{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			Scheduled: at("2026-11-28T09:00:10.000Z"), Attempt: 1, State: data.Down, Started: at("2026-11-28T09:00:10.001Z"), Late: time.Millisecond,
			Method: "GET", URL: "http://shop.example/", Phases: data.Phases{DNS: us(700), Connect: us(80), Total: us(780)},
			Addresses: []data.Address{
				{Remote: "203.0.113.7:80", State: data.Up, Status: 200, Phases: data.Phases{DNS: us(700), Connect: us(90), Request: us(10), FirstByte: us(900), Total: us(1700)}},
				{Remote: "203.0.113.8:80", State: data.Down, Phases: data.Phases{DNS: us(700), Connect: us(80), Total: us(780)},
					Error: &data.Error{Kind: data.ErrRefused, Phase: "connect", Message: "connection refused"}},
				{Remote: "[2001:db8::7]:80", State: data.Down, Status: 503, Phases: data.Phases{Total: us(1500)}, Error: &data.Error{Kind: data.ErrExpectation, Message: "status: expected 200-299, saw 503"}},
			},
			Unprobed: 2,
			Error:    &data.Error{Kind: data.ErrRefused, Phase: "connect", Message: "at 203.0.113.8:80, one of 2 addresses that are down: connection refused"},
		},
		"measurement_captured": &data.Measurement{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			Scheduled: at("2026-11-23T21:48:50.120Z"), Attempt: 1, State: data.Down, Started: at("2026-11-23T21:48:50.12Z"),
			Method: "GET", URL: "http://shop.example/", HTTP: &data.HTTP{Status: 503, Protocol: "HTTP/1.1", Remote: "203.0.113.7:80", BodyBytes: -1},
			Phases: data.Phases{Total: us(9820)},
			Error:  &data.Error{Kind: data.ErrExpectation, Message: `status: expected 200-299, saw "503"`},
			Captured: &data.Captured{
				Body: "<h1>Sorry</h1>\n<p>back soon…", Headers: map[string]string{"Set-Cookie": "•••", "Retry-After": "120", "Vary": "Accept, Origin"},
			},
		},
		"gap": &data.Gap{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0",
			First: at("2026-11-23T21:48:50.12Z"), Last: at("2026-11-23T21:58:40.12Z"), Slots: 60, Reason: data.Stopped,
		},
		"registration": &data.Registration{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", From: at("2026-11-23T21:48:30Z"),
			Schedule: data.Schedule{Every: data.Duration(10 * time.Second)}, Timeout: 5 * time.Second,
			Method: "GET", URL: "https://shop.example/health", Labels: map[string]string{"team": "web", "env": "prod"},
		},
		"registration_cron": &data.Registration{
			Monitor: "nightly-report", Location: "ber1", Instance: "hb-0", Version: "0012ab34", From: at("2026-11-23T21:48:30Z"),
			Schedule: data.Schedule{Cron: "0 6 * * mon-fri", Timezone: "Europe/Berlin"}, Timeout: 5 * time.Second,
			Method: "GET", URL: "https://reports.example/", Paused: true,
		},
		"removal": &data.Registration{
			Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", From: at("2026-11-24T00:00:00.001Z"), Removed: true,
		},
	}
}

func TestGoldenFormIsWrittenAndRead(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) != len(goldens()) {
		t.Errorf("there are %d golden files, want %d (%v)", len(files), len(goldens()), err)
	}
	for name, e := range goldens() {
		b, err := os.ReadFile(filepath.Join("testdata/golden", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.TrimSuffix(b, []byte("\n"))
		if got, err := data.Encode(e); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is written as\n%s\nwant (%v)\n%s", name, got, err, want)
		}
		got, err := data.Decode(want)
		if err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s is read as\n%#v\nwant (%v)\n%#v", name, got, err, e)
		}
		// Space between tokens, and fields in another order, mean the same.
		spaced := append([]byte(" {\n "), want[1:]...)
		if got, err := data.Decode(spaced); err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s with space is read as %#v (%v)", name, got, err)
		}
		escaped := strings.Replace(string(want), "/1", `\/\u0031`, 1)
		if got, err := data.Decode([]byte(escaped)); err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s with an escaped schema is read as %#v (%v)", name, got, err)
		}
		head, rest, _ := strings.Cut(string(want), ",")
		moved := "{" + strings.TrimSuffix(rest, "}") + "," + head[1:] + "}"
		if got, err := data.Decode([]byte(moved)); err != nil || !reflect.DeepEqual(got, e) {
			t.Errorf("%s with the schema last is read as %#v (%v)", name, got, err)
		}
	}
}

func TestNewerMinorFormIsRead(t *testing.T) {
	for name, e := range goldens() {
		line, err := data.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		s := strings.Replace(string(line), `/1",`, `/1.3","new":{"a":[1,{"b":null}]},`, 1)
		for _, s := range []string{s, strings.Replace(s, `{"schema":`, `{ "schema" : `, 1)} {
			if got, err := data.Decode([]byte(s)); err != nil || !reflect.DeepEqual(got, e) {
				t.Errorf("%s: %s is read as %#v (%v)", name, s, got, err)
			}
		}
	}
}

func TestUnknownSchemaIsRefused(t *testing.T) {
	for _, schema := range []string{
		"measurement/2", "measurement/2.1", "measurement/10", "measurement/1.", "measurement/1.x", "measurement/1.1.1",
		"measurement", "measurement/", "/1", "", "gap/0", "gap/01", "alarm/1", "Measurement/1", `measurement/1\u0000`,
	} {
		for _, form := range []string{`{"schema":"` + schema + `","monitor":"a"}`, `{"monitor":"a", "schema": "` + schema + `"}`} {
			e, err := data.Decode([]byte(form))
			if e != nil || !errors.Is(err, data.ErrSchema) || errors.Is(err, data.ErrMalformed) {
				t.Errorf("%s: %v, %v; want ErrSchema alone", form, e, err)
			}
		}
	}
}

func TestMalformedIsRefused(t *testing.T) {
	good, err := os.ReadFile("testdata/golden/measurement.json")
	if err != nil {
		t.Fatal(err)
	}
	swap := func(from, to string) string {
		if !bytes.Contains(good, []byte(from)) {
			t.Fatalf("%s is not in the golden file", from)
		}
		return strings.Replace(string(good), from, to, 1)
	}
	for name, line := range map[string]string{
		"nothing":            "",
		"no JSON":            "schema",
		"a list":             `["schema"]`,
		"null":               `null`,
		"no schema":          `{"monitor":"a"}`,
		"a number as schema": `{"schema":1}`,
		"cut":                string(good[:len(good)/2]),
		"more after it":      string(good) + "{}",
		"no monitor":         swap(`"monitor":"shop",`, ""),
		"a long monitor":     swap(`"shop"`, `"`+strings.Repeat("x", data.MaxID+1)+`"`),
		"a number":           swap(`"shop"`, `1`),
		"no location":        swap(`"ber1"`, `""`),
		"no instant":         swap(`"scheduled_at"`, `"planned_at"`),
		"a broken instant":   swap(`2026-11-23T21:48:30.120Z`, `yesterday`),
		"microseconds":       swap(`30.120Z`, `30.120001Z`),
		"the year 10000":     swap(`"2026-11-23T21:48:30.120Z"`, `"9999-12-31T23:59:59.000-01:00"`),
		"the year 1969":      swap(`2026-11-23T21:48:30.120Z`, `1969-12-31T23:59:59.999Z`),
		"no attempt":         swap(`"attempt":1`, `"attempt":0`),
		"half an attempt":    swap(`"attempt":1`, `"attempt":1.5`),
		"an unknown state":   swap(`"down"`, `"sideways"`),
		"down without error": swap(`"error"`, `"no_error"`),
		"an unknown error":   swap(`"kind":"expectation"`, `"kind":"gremlins"`),
		"no start":           swap(`"started_at"`, `"begun_at"`),
		"unprobed alone":     swap(`"attempt":1`, `"attempt":1,"unprobed":1`),
		"unprobed, negative": swap(`"attempt":1`, `"attempt":1,"addresses":[{"remote":"a","state":"up"}],"unprobed":-1`),
		"address, no state":  swap(`"attempt":1`, `"attempt":1,"addresses":[{"remote":"a"}]`),
		"address, no error":  swap(`"attempt":1`, `"attempt":1,"addresses":[{"remote":"a","state":"down"}]`),
		"address, up, error": swap(`"attempt":1`, `"attempt":1,"addresses":[{"remote":"a","state":"up","error":{"kind":"dns"}}]`),
		"address, odd error": swap(`"attempt":1`, `"attempt":1,"addresses":[{"remote":"a","state":"down","error":{"kind":"gremlins"}}]`),
		"half a trace":       swap(`"attempt":1`, `"attempt":1,"trace":"4bf92f35"`),
		"a trace of text":    swap(`"attempt":1`, `"attempt":1,"trace":"4BF92F3577B34DA6A3CE929D0E0E4736"`),
	} {
		e, err := data.Decode([]byte(line))
		if e != nil || !errors.Is(err, data.ErrMalformed) || errors.Is(err, data.ErrSchema) {
			t.Errorf("%s: %v, %v; want ErrMalformed", name, e, err)
		}
	}
}

func TestMalformedErrorNamesTheOffset(t *testing.T) {
	_, err := data.Decode([]byte(`{"schema":"gap/1","monitor":"a","slots":"many"}`))
	if want := `malformed event: offset 46 of 47, field "slots": a string does not belong there`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = data.Decode([]byte(`{"schema":"gap/1","monitor":`))
	if want := `malformed event: offset 28 of 28: unexpected end of JSON input`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestEncodeRefusesWhatDecodeWould(t *testing.T) {
	m := *goldens()["measurement"].(*data.Measurement)
	m.Monitor = ""
	buf := []byte("kept")
	if b, err := data.AppendEncode(buf, &m); !errors.Is(err, data.ErrMalformed) || string(b) != "kept" {
		t.Errorf("%q, %v; want what was there, and ErrMalformed", b, err)
	}
	if b, err := data.AppendEncode(buf, goldens()["gap"]); err != nil || !strings.HasPrefix(string(b), `kept{"schema":"gap/1",`) {
		t.Errorf("%q, %v; want it appended", b, err)
	}
}
