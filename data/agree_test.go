package data_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
)

// agree fails when the fast way reads b otherwise than encoding/json does, and
// reports whether it read it at all.
func agree(t *testing.T, b []byte) bool {
	t.Helper()
	kept := bytes.Clone(b)
	fast := data.DecodeFast(b)
	got, err := data.Decode(b)
	want, wantErr := data.DecodeSlowly(kept)
	for i := range b { // nothing of b is kept
		b[i] = '#'
	}
	switch {
	case !reflect.DeepEqual(got, want) || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error():
		t.Fatalf("%s\nis read as %#v (%v)\nwant       %#v (%v)", kept, got, err, want, wantErr)
	case fast == nil:
		return false
	case wantErr == nil && !reflect.DeepEqual(fast, want):
		t.Fatalf("%s\nis read fast as %#v\nwant            %#v", kept, fast, want)
	case wantErr != nil && data.Validate(fast) == nil:
		t.Fatalf("%s\nis read fast as %#v\nwant an error: %v", kept, fast, wantErr)
	}
	return true
}

// lines are the golden events, and others that are unusual in one way each.
func lines(t testing.TB) (plain, odd []string) {
	for _, e := range goldens() {
		line, err := data.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, string(line))
	}
	of := func(member string) string {
		return `{"schema":"gap/1.7","monitor":"a","location":"b","first_at":"2026-01-01T00:00:00Z","last_at":"2026-01-01T00:00:00Z","slots":1,"reason":"clock",` + member + `}`
	}
	at := func(instant string) string { return strings.ReplaceAll(of(`"x":0`), "2026-01-01T00:00:00Z", instant) }
	plain = append(plain,
		of(`"new":{"a":[1,-0.5e+3,{"b":null,"A":true}],"\u00e4":"\\\ud83d\ude00","c":[],"d":{}}`), of(`"new":[false,"\ud83d"]`), of(`"schema":null`),
		of(` "version" : "\u00e4\ud83d\ude00\ud83d\"\/\b\f\n\r\t" `), of(`"instance":"ä"`), of(`"version":""`),
		at("2024-02-29T23:59:59.5Z"), at("2026-01-01T01:00:00+01:00"), at("2026-01-01T00:00:00.000000000Z"), at("2026-01-01T1:00:00Z"), at("2026-01-01T00:00:00,5Z"),
		at("2026-01-01T00:00:00.0000000000000Z"),
	)
	odd = append(odd,
		"", "{", "null", of(`"slots":2`), of(`"Slots":2`), of(`"\u017flots":2`), of("\"\u017flots\":2"), of(`"slot\u0073":3`), of(`"version":null`), of(`"version":1`),
		of("\"version\":\"\xff\""), of("\"new\":\"\xff\""), of("\"\xff\":1"), of("\"version\":\"\n\""), of("\"new\":\"\x00\""), of(`"version":"\x"`), of(`"new":"\u00g0"`), of(`"new":01`),
		of(`"new":-`), of(`"new":1.`), of(`"new":1e`), of(`"new":.5`), of(`"new":+1`), of(`"new":nul`), of(`"new":truer`), of(`"new":[1,]`), of(`"new":{,}`), of(`"new":{"a"}`), of(`"new":{"\x":1}`), of(`"x":1`)+"\x00",
		of(`"new":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)), of(`"new":`+strings.Repeat("[", 10001)+strings.Repeat("]", 10001)),
		of(`"x":1,`), of(`"x":1`)+"x", of(`"x":1`)+"{}", of(`"x":1`)+" \n", "\ufeff"+of(`"x":1`), of(`"new":"`+"\u2028"+`"`),
		at("2023-02-29T00:00:00Z"), at("1900-02-29T00:00:00Z"), at("2026-13-01T00:00:00Z"), at("2026-04-31T00:00:00Z"), at("2026-01-01T24:00:00Z"), at("2026-01-01T00:00:60Z"),
		at("2026-01-01t00:00:00z"), at("2026-01-01T00:00:00"), at("2026-01-01 00:00:00Z"), at("2026-01-01T00:00:00.Z"), at(`2026-01-01T00:00:00\u005a`), at("0000-01-01T00:00:00Z"),
	)
	for _, number := range []string{"1.0", "1e3", "01", "-1", "-0", "--1", "", "\"1\"", "999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "null", "00"} {
		odd = append(odd, strings.Replace(of(`"x":0`), `"slots":1`, `"slots":`+number, 1))
	}
	up := plain[0]
	for _, p := range plain {
		if strings.Contains(p, `"redirects":1`) {
			up = p
		}
	}
	for _, part := range []string{`"http":{},`, `"http":null,`, `"http":{"status":1},"http":{"redirects":2},`, `"phases":{},`, `"hops":[],`, `"hops":[null],`, `"hops":[{},{}],`,
		`"expectations":[],`, `"tls":{"expires_at":null},`, `"error":null,`, `"late_us":-5,`, `"started_at":"2026-11-23T21:48:30.1210049Z",`, `"tls":{"expires_at":"2027-01-02T00:00:00.5Z"},`, `"http":{"body_bytes":-1},`,
		`"http":{"body_bytes":5},"http":{"status":1},`, `"hops":[{"url":"a"}],"hops":[{"remote":"b"}],`, `"error":{"kind":"dns","phase":"a"},"error":{"kind":"dns"},`, `"late_us":999999999999999999,`} {
		odd = append(odd, strings.Replace(up, `"late_us":1004,`, part, 1))
		name, _, _ := strings.Cut(part, ":")
		odd = append(odd, strings.Replace(strings.Replace(up, name, `"other"`, 1), `"late_us":1004,`, part, 1))
	}
	for _, labels := range []string{`{}`, `{"a":"b","a":"c"}`, `{"a":null}`, `{"A":"\n","ä":"\u0000"}`, `null`, `{"a":1}`, `{"a":"b"},"labels":{"c":"d"}`, `{"a":"b"},"removed":true,"cron":"x","timezone":"y","url":"z","paused":true`} {
		odd = append(odd, `{"schema":"registration/1","monitor":"a","location":"b","from":"2026-01-01T00:00:00Z","every_us":1000000,"labels":`+labels+`}`)
	}
	return plain, odd
}

func TestUsualFormsAreReadFast(t *testing.T) {
	plain, odd := lines(t)
	for _, line := range plain {
		if !agree(t, []byte(line)) {
			t.Errorf("%s is left to encoding/json", line)
		}
	}
	for _, line := range odd {
		agree(t, []byte(line))
	}
}

func TestAnyEventIsReadAlikeAndFast(t *testing.T) {
	r := random(t)
	for range 2000 {
		for _, e := range []data.Event{measurement(r), gap(r), registration(r)} {
			if line := encode(t, e); !agree(t, bytes.Clone(line)) {
				t.Fatalf("%s is left to encoding/json", line)
			}
		}
	}
}

func TestBrokenEventsAreReadAlike(t *testing.T) {
	r := random(t)
	plain, odd := lines(t)
	all := append(plain, odd...)
	tokens := []string{`"`, `\`, `{`, `}`, `[`, `]`, `,`, `:`, `0`, `-`, `.`, `e`, ` `, `null`, `\ud83d`, "\xff", "ä", "\u212a", "\u017f", `{"a":1}`, `"monitor":"b",`, `"phases":{"dns_us":1},`, "\x00"}
	for range 8_000 {
		b := []byte(pick(r, all...))
		for range 1 + r.IntN(3) {
			b = mutate(r, b, all, tokens)
		}
		agree(t, b)
	}
}

// mutate cuts, doubles, replaces or inserts something somewhere.
func mutate(r *rand.Rand, b []byte, all, tokens []string) []byte {
	from := r.IntN(len(b) + 1)
	to := min(len(b), from+r.IntN(12))
	middle := ""
	switch r.IntN(6) {
	case 0: // cut
	case 1:
		middle = string(b[from:to]) + string(b[from:to])
	case 2:
		middle = strings.ToUpper(string(b[from:to]))
	case 3:
		other := pick(r, all...)
		middle = other[r.IntN(len(other)+1):]
		middle = middle[:min(len(middle), r.IntN(40))]
	default:
		middle, to = pick(r, tokens...), min(to, from+r.IntN(2))
	}
	return append(append(bytes.Clone(b[:from]), middle...), b[to:]...)
}

func FuzzDecodeAgrees(f *testing.F) {
	plain, odd := lines(f)
	for _, line := range append(plain, odd...) {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, b []byte) { agree(t, bytes.Clone(b)) })
}
