package jsonpath_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/monitor/match/jsonpath"
)

// find returns what an expression finds, as JSON.
func find(t *testing.T, expr, body string) []string {
	t.Helper()
	p, err := jsonpath.Compile(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	d, err := jsonpath.Parse([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	found := []string{}
	if err := p.Each(d, func(v jsonpath.Value) bool { found = append(found, string(v.JSON())); return true }); err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return found
}

const shop = `{"status":"ok","queues":[{"name":"mail","depth":3,"tags":["a","b"]},{"name":"sms","depth":120},{"name":"push","depth":0,"off":true}],
	"big":9007199254740993,"π":{"a b":null,"it's":"x\ny"},"limit":100}`

func TestPathsFindValues(t *testing.T) {
	for _, tt := range []struct {
		expr string
		want []string
	}{
		{"$.status", []string{`"ok"`}},
		{"$ ['status']", []string{`"ok"`}},
		{"$.missing", nil},
		{"$.status.missing", nil},
		{"$.π['a b']", []string{"null"}},
		{`$.π["it's"]`, []string{`"x\ny"`}},
		{`$['\u03c0'].*`, []string{"null", `"x\ny"`}},
		{"$.queues[0,2,0].depth", []string{"3", "0", "3"}},
		{"$.queues[-1].name", []string{`"push"`}},
		{"$.queues[-4].name", nil},
		{"$.queues[3]", nil},
		{"$.queues[::2].name", []string{`"mail"`, `"push"`}},
		{"$.queues[::-1].name", []string{`"push"`, `"sms"`, `"mail"`}},
		{"$.queues[1:9007199254740991:9007199254740991].name", []string{`"sms"`}},
		{"$.queues[:0:-9007199254740991].name", []string{`"push"`}},
		{"$.queues[::0]", nil},
		{"$[0]", nil},
		{"$.queues.name", nil},
		{"$..depth", []string{"3", "120", "0"}},
		{"$..[?@.off].name", []string{`"push"`}},
		{"$.queues[?@.depth>$.limit].name", []string{`"sms"`}},
		{"$.queues[?@.depth<=3 && !@.off].name", []string{`"mail"`}},
		{"$.queues[?!(@.depth>0||@.off)].name", nil},
		{"$.queues[?@.depth==3.0e0].name", []string{`"mail"`}},
		{"$.queues[?@.name>='push'].name", []string{`"sms"`, `"push"`}},
		{"$.queues[?@.off==@.missing].name", []string{`"mail"`, `"sms"`}},
		{"$.queues[?@.tags==$.queues[0].tags].depth", []string{"3"}},
		{"$.queues[?length(@.name)==4].name", []string{`"mail"`, `"push"`}},
		{"$.queues[?length(@)>2].depth", []string{"3", "0"}},
		{"$.queues[?count(@.tags[*])==2].name", []string{`"mail"`}},
		{"$.queues[?value(@..off)==true].name", []string{`"push"`}},
		{"$.queues[?match(@.name, 's.s')].name", []string{`"sms"`}},
		{"$.queues[?match(@.name, 's')].name", nil},
		{"$.queues[?search(@.name, 's')].name", []string{`"sms"`, `"push"`}},
		{"$.queues[?search('mail sms', @.name)].name", []string{`"mail"`, `"sms"`}},
		{"$.π[?match(@, 'x.y')]", nil}, // a dot takes no line feed
		{"$[?@==9007199254740992]", nil},
		{"$[?@==9007199254740993]", []string{"9007199254740993"}},
		{"$.queues[?@[?@=='b']].name", []string{}},
		{"$.queues[?@.*[?@=='b']].name", []string{`"mail"`}},
	} {
		if got := find(t, tt.expr, shop); !slices.Equal(got, tt.want) {
			t.Errorf("%s finds %v, want %v", tt.expr, got, tt.want)
		}
	}
}

func TestOfTwoMembersOfOneNameTheLastCounts(t *testing.T) {
	if got := find(t, "$.a", `{"a":1,"b":2,"\u0061":3}`); !slices.Equal(got, []string{"3"}) {
		t.Errorf("got %v", got)
	}
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"a":2}`, `{"a":2}`, true}, {`{"a":1,"a":2}`, `{"a":1}`, false}, {`{"a":1,"a":2}`, `{"a":3,"\u0061":2}`, true},
		{`{"a":1,"a":1}`, `{"a":1,"b":1}`, false}, {`{"a":1,"b":2,"a":3}`, `{"b":2,"a":3}`, true}, {`{"a":1,"a":1}`, `{}`, false},
	} {
		for _, pair := range []string{"[" + tt.a + "," + tt.b + "]", "[" + tt.b + "," + tt.a + "]"} {
			if got := len(find(t, "$[?$[0]==$[1]]", pair)) == 2; got != tt.want {
				t.Errorf("%s are equal: %v, want %v", pair, got, tt.want)
			}
		}
	}
}

func TestSyntaxErrorsTellThePlaceAndWhatIsAllowed(t *testing.T) {
	deep := strings.Repeat("(", 40) + "@.a" + strings.Repeat(")", 40)
	for _, tt := range []struct {
		expr string
		at   int
		want string
	}{
		{"", 0, "write such as $.status"},
		{"status", 0, "a path begins with $"},
		{"$.", 2, "the end cannot follow .; write a name"},
		{"$.a b", 3, `" " cannot follow here`},
		{"$.two-words", 5, `"-" cannot follow here`},
		{"$.1a", 2, "quote another name"},
		{"$.[0]", 2, "leave the dot out"},
		{"$...a", 3, `"." cannot follow ..`},
		{"$[", 2, "write a name in quotes, an index"},
		{"$[a]", 2, "a name in quotes"},
		{"$[0", 3, "the [ at character 2 is not closed"},
		{"$[0 1]", 4, "write a comma or ]"},
		{"$['a", 4, "the quote at character 3 is not closed; write '"},
		{`$['\x']`, 3, "write two for a backslash"},
		{`$["\'"]`, 3, "write two for a backslash"},
		{`$['\ud800']`, 3, "surrogate"},
		{`$['\u12']`, 3, "four hexadecimal digits"},
		{"$['\n']", 3, `write it as \u000a`},
		{"$['\xff']", 3, "not UTF-8"},
		{"$[01]", 2, "without a leading zero"},
		{"$[-0]", 2, "without a leading zero"},
		{"$[9007199254740992]", 2, "2^53-1"},
		{"$[-]", 3, "write a number"},
		{"$[?]", 3, "write @.name"},
		{"$[?@.a=1]", 6, "= compares nothing; write =="},
		{"$[?@.a==up]", 8, `"up" is unknown; a text stands in quotes`},
		{"$[?@.a==]", 8, "write @.name, a value"},
		{"$[?'a']", 3, "a value alone is no test"},
		{"$[?1 == @.*]", 8, "one value at most"},
		{"$[?@..a == 1]", 3, "one value at most"},
		{"$[?!@.a == 1]", 4, "write !(…)"},
		{"$[?(@.a]", 7, "close the ( at character 4"},
		{"$[?length(@.a)]", 3, "length(…) > 1"},
		{"$[?match(@.a,'b')==true]", 3, "true or false"},
		{"$[?match(@.a)]", 12, "write ,"},
		{"$[?match(@.a,'(')]", 13, "missing closing )"},
		{"$[?length (@.a)>1]", 9, "without space"},
		{"$[?length(@.a,1)>1]", 13, "write )"},
		{"$[?count(1)>1]", 9, "nodes that a path finds"},
		{"$[?sum(@.a)>1]", 3, `"sum" is unknown`},
		{"$[?@.a>01]", 7, "no leading zero"},
		{"$[?@.a>1.]", 7, "none; write such as 7"},
		{"$[?" + deep + "]", 35, "more than 32"},
		{"$" + strings.Repeat(".a", 2048), 4096, "at most 4096"},
	} {
		_, err := jsonpath.Compile(tt.expr)
		var wrong *jsonpath.SyntaxError
		if !errors.As(err, &wrong) || wrong.Offset != tt.at || !strings.Contains(wrong.Reason, tt.want) {
			t.Errorf("%s: %#v, want %q at %d", tt.expr, err, tt.want, tt.at)
		}
	}
}

func TestDocumentsThatAreWrongAreRefusedWithThePlace(t *testing.T) {
	for body, want := range map[string]string{
		"": "it is empty", " \n": "it is empty", "<html>": "byte 0: no value", `{"a":1,}`: "byte 7: a name", `{"a" 1}`: "byte 5: a colon", `[1 2]`: "byte 3: a comma or ]",
		`{"a":1`: "byte 6: it ends too early", `"a`: "byte 2: it ends too early", "[01]": "byte 2: a comma", "-": "byte 1: it ends", "1.": "byte 2: it ends", "[1.]": "byte 3: a digit",
		"1 2": "byte 2: something follows", `"\x"`: "byte 2: this must not", `"\u12g4"`: "byte 5: four", "\"\t\"": "byte 1: a text has", "nul": "byte 0: no value", "\ufeff1": "byte 0: no value",
		strings.Repeat("[", 1002): "byte 1001: more than 1000",
	} {
		if _, err := jsonpath.Parse([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", body, err, want)
		}
	}
}

func ExamplePath_Each() {
	p, _ := jsonpath.Compile("$.queues[?@.depth > 100]")
	d, _ := jsonpath.Parse([]byte(`{"queues":[{"name":"mail","depth":3},{"name":"sms","depth":120}]}`))
	_ = p.Each(d, func(v jsonpath.Value) bool {
		fmt.Printf("%s %s\n", v.Path(), v.JSON())
		return true
	})
	// Output:
	// $['queues'][1] {"name":"sms","depth":120}
}

func BenchmarkStatus(b *testing.B) {
	p, _ := jsonpath.Compile("$.status")
	b.ReportAllocs()
	for b.Loop() {
		d, _ := jsonpath.Parse([]byte(shop))
		_ = p.Each(d, func(jsonpath.Value) bool { return true })
	}
}
