package match_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/match"
	"github.com/monitorink/monitorink/monitor/match/jsonpath"
)

const answer = `{"status":"ok","depth":120,"big":9007199254740993,"ratio":0.1,"nothing":null,"list":[{"n":1},{"n":2},{"n":"x"}],"o":{"a":1,"b":[]}}`

func yes(b bool) *bool { return &b }

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// judgeBody returns the outcome of the last expectation, and the message.
func judgeBody(t *testing.T, e data.ExpectBody, body string) (data.Expectation, string) {
	t.Helper()
	got, wrong := compile(t, data.Expect{Body: e}).Judge(match.Subject{Status: 200, Body: []byte(body)}, now)
	if len(got) != 2 {
		t.Fatalf("%d outcomes", len(got))
	}
	message := ""
	if wrong != nil {
		message = wrong.Message
	}
	if got[1].OK != (wrong == nil) {
		t.Errorf("%+v, %v", got[1], wrong)
	}
	return got[1], message
}

func TestValuesThatAPathFindsAreJudged(t *testing.T) {
	for _, tt := range []struct {
		e    data.ExpectJSON
		seen string
		want string // of the message; empty: it holds
	}{
		{data.ExpectJSON{Path: "$.status", Is: raw(`"ok"`)}, `"ok"`, ""},
		{data.ExpectJSON{Path: "$.status", Is: raw(`"up"`)}, `"ok"`, `body.json $.status: expected "up", saw "ok"`},
		{data.ExpectJSON{Path: "$.status", IsNot: raw(`"ok"`)}, `"ok"`, `expected another value than "ok", saw "ok"`},
		{data.ExpectJSON{Path: "$.depth", Is: raw(`"120"`)}, `120`, `expected "120", saw 120`},
		{data.ExpectJSON{Path: "$.depth", Is: raw(`1.20e2`)}, `120`, ""},
		{data.ExpectJSON{Path: "$.big", Is: raw(`9007199254740992`)}, `9007199254740993`, `expected 9007199254740992`},
		{data.ExpectJSON{Path: "$.nothing", Is: raw(`null`)}, `null`, ""},
		{data.ExpectJSON{Path: "$.missing", Is: raw(`null`)}, `no value`, `body.json $.missing: expected null, saw no value`},
		{data.ExpectJSON{Path: "$.o", Is: raw(`{ "b": [], "a": 1.0 }`)}, `{"a":1,"b":[]}`, ""},
		{data.ExpectJSON{Path: "$.depth", Below: "120"}, `120`, `expected less than 120, saw 120`},
		{data.ExpectJSON{Path: "$.depth", AtMost: "120"}, `120`, ""},
		{data.ExpectJSON{Path: "$.depth", Above: "120"}, `120`, `expected more than 120, saw 120`},
		{data.ExpectJSON{Path: "$.depth", AtLeast: "120", Below: "121"}, `120`, ""},
		{data.ExpectJSON{Path: "$.depth", AtLeast: "120.00000000000000000001"}, `120`, `at least 120.00000000000000000001`},
		{data.ExpectJSON{Path: "$.status", Above: "1"}, `"ok"`, `expected more than 1, saw "ok"`},
		{data.ExpectJSON{Path: "$.status", Pattern: data.Pattern{Matches: []string{"^ok$"}, NotMatches: []string{"x"}}}, `"ok"`, ""},
		{data.ExpectJSON{Path: "$.depth", Pattern: data.Pattern{Matches: []string{"^12"}}}, `120`, ""},
		{data.ExpectJSON{Path: "$.depth", Pattern: data.Pattern{NotMatches: []string{"^12"}}}, `120`, `expected no match of "^12", saw 120`},
		{data.ExpectJSON{Path: "$.o", Pattern: data.Pattern{Matches: []string{"a"}}}, `{"a":1,"b":[]}`, `expected a match of "a"`},
		{data.ExpectJSON{Path: "$.missing", Pattern: data.Pattern{NotMatches: []string{"x"}}}, `no value`, `saw no value`},
		{data.ExpectJSON{Path: "$.nothing", Exists: yes(true)}, `null`, ""},
		{data.ExpectJSON{Path: "$.missing", Exists: yes(true)}, `no value`, `expected a value, saw no value`},
		{data.ExpectJSON{Path: "$.missing", Exists: yes(false)}, `no value`, ""},
		{data.ExpectJSON{Path: "$.status", Exists: yes(false)}, `"ok"`, `expected none, saw "ok"`},
		{data.ExpectJSON{Path: "$.list[*]", Count: &data.CountRange{From: 3, To: 3}}, `3 values`, ""},
		{data.ExpectJSON{Path: "$.list[*]", Count: &data.CountRange{From: 0, To: 2}}, `3 values`, `expected at most 2 values, saw 3 values`},
		{data.ExpectJSON{Path: "$.list[*]", Count: &data.CountRange{From: 4, To: -1}}, `3 values`, `expected at least 4 values`},
		{data.ExpectJSON{Path: "$.missing", Count: &data.CountRange{}}, `no value`, ""},
		// Of several values, each must hold, and the first that does not is seen.
		{data.ExpectJSON{Path: "$.list[0:2].n", Above: "0"}, `2 values`, ""},
		{data.ExpectJSON{Path: "$.list[*].n", Above: "0"}, `$['list'][2]['n']: "x"`, `body.json $.list[*].n: expected more than 0, saw $['list'][2]['n']: "x"`},
		{data.ExpectJSON{Path: "$.list[*].n", Is: raw("1"), Count: &data.CountRange{From: 4, To: 4}}, `3 values`, `expected 4 values`},
		{data.ExpectJSON{Path: "$.list[?@.n==7].n", Is: raw("7"), Count: &data.CountRange{To: -1}}, `no value`, `expected 7, saw no value`},
	} {
		got, message := judgeBody(t, data.ExpectBody{JSON: []data.ExpectJSON{tt.e}}, answer)
		if got.Name != "body.json "+tt.e.Path || got.Seen != tt.seen || got.OK != (tt.want == "") || !strings.Contains(message, tt.want) {
			t.Errorf("%+v: got %+v, %q, want %q", tt.e, got, message, tt.want)
		}
	}
}

func TestABodyThatIsNoJSONMeetsNoPath(t *testing.T) {
	for body, want := range map[string]string{"": "no JSON: it is empty", "<html>": "no JSON: byte 0: no value begins here", `{"a":1`: "no JSON: byte 6: it ends too early"} {
		for _, exists := range []bool{true, false} {
			if got, _ := judgeBody(t, data.ExpectBody{JSON: []data.ExpectJSON{{Path: "$.a", Exists: yes(exists)}}}, body); got.OK || got.Seen != want {
				t.Errorf("%q: got %+v, want %q", body, got, want)
			}
		}
	}
}

func TestAPathThatLooksAtTooMuchFailsAndSaysSo(t *testing.T) {
	body := strings.Repeat("[", 900) + strings.Repeat("]", 900)
	got, message := judgeBody(t, data.ExpectBody{JSON: []data.ExpectJSON{{Path: "$..*..*..*..*", Exists: yes(true), Count: &data.CountRange{To: -1}}}}, body)
	if got.OK || !strings.Contains(message, "takes no more steps, saw more than") {
		t.Errorf("got %+v, %q", got, message)
	}
	// So does a regular expression over the same long text again and again.
	body = `{"a":"` + strings.Repeat("a", 1<<19) + `","n":[` + strings.Repeat("0,", 100) + `0]}`
	got, _ = judgeBody(t, data.ExpectBody{JSON: []data.ExpectJSON{{Path: "$['a','a','a','a','a','a','a','a']", Pattern: data.Pattern{NotMatches: []string{"b"}}}}}, body)
	if got.OK || got.Seen != "more than "+"2097152 steps" || jsonpath.MaxSteps != 2097152 {
		t.Errorf("got %+v", got)
	}
}

func TestSizeAndHashOfABodyAreJudged(t *testing.T) {
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of abc: FIPS 180-2
	for _, tt := range []struct {
		name string
		e    data.ExpectBody
		body string
		want string
	}{
		{"exact", data.ExpectBody{Size: &data.SizeRange{From: 3, To: 3}}, "abc", ""},
		{"exactly nothing", data.ExpectBody{Size: &data.SizeRange{}}, "", ""},
		{"not nothing", data.ExpectBody{Size: &data.SizeRange{}}, "a", `body.size: expected 0 bytes, saw "1"`},
		{"short", data.ExpectBody{Size: &data.SizeRange{From: 4, To: -1}}, "abc", `expected at least 4 bytes, saw "3"`},
		{"long", data.ExpectBody{Size: &data.SizeRange{To: 2}}, "abc", `expected at most 2 bytes`},
		{"out of range", data.ExpectBody{Size: &data.SizeRange{From: 4, To: 5}}, "abc", `expected 4 to 5 bytes`},
		{"hash", data.ExpectBody{SHA256: sum}, "abc", ""},
		{"other hash", data.ExpectBody{SHA256: sum}, "abd", "body.sha256: expected " + sum + `, saw "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"`},
	} {
		if got, message := judgeBody(t, tt.e, tt.body); got.OK != (tt.want == "") || !strings.Contains(message, tt.want) {
			t.Errorf("%s: got %+v, %q", tt.name, got, message)
		}
	}
}

func TestCompileNamesWhatIsWrongWithABody(t *testing.T) {
	for want, e := range map[string]data.ExpectBody{
		"expect.body.size":                   {Size: &data.SizeRange{From: 2, To: 1}},
		"expect.body.sha256":                 {SHA256: strings.Repeat("A", 64)},
		"expect.body.json[0].path":           {JSON: []data.ExpectJSON{{Path: "$.", Exists: yes(true)}}},
		"expect.body.json[1].path":           {JSON: []data.ExpectJSON{{Path: "$", Exists: yes(true)}, {Path: "$"}}},
		"expect.body.json[0].is":             {JSON: []data.ExpectJSON{{Path: "$", Is: raw("{")}}},
		"expect.body.json[0].above":          {JSON: []data.ExpectJSON{{Path: "$", Above: `"1"`}}},
		"expect.body.json[0].not_matches[0]": {JSON: []data.ExpectJSON{{Path: "$", Pattern: data.Pattern{NotMatches: []string{"("}}}}},
		"expect.body.json[0].count":          {JSON: []data.ExpectJSON{{Path: "$", Count: &data.CountRange{From: 2, To: 1}}}},
		"expect.body.json[0].exists":         {JSON: []data.ExpectJSON{{Path: "$", Exists: yes(false), Is: raw("1")}}},
	} {
		if _, err := match.Compile(&data.Monitor{Expect: data.Expect{Body: e}}); err == nil || !strings.HasPrefix(err.Error(), want+":") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
