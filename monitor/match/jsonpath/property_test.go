package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/monitor/match/jsonpath"
)

func random(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// number is a random one, with exponents that big.Rat can hold.
func number(r *rand.Rand) string {
	var b strings.Builder
	digits := func() {
		for range 1 + r.IntN(4) {
			b.WriteByte("0001239"[r.IntN(7)])
		}
	}
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	if r.IntN(3) == 0 {
		b.WriteByte('0')
	} else {
		b.WriteByte('1')
		digits()
	}
	if r.IntN(2) == 0 {
		b.WriteByte('.')
		digits()
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, "%s%d", []string{"e", "E+", "e-", "e0"}[r.IntN(4)], r.IntN(5))
	}
	return b.String()
}

func TestNumbersCompareAsExactDecimals(t *testing.T) {
	r := random(t)
	equal := 0
	for range 5_000 {
		a, b := number(r), number(r)
		x, _ := new(big.Rat).SetString(a)
		y, ok := new(big.Rat).SetString(b)
		if !ok {
			t.Fatal(b)
		}
		d, err := jsonpath.Parse([]byte("[" + a + "," + b + "]"))
		if err != nil {
			t.Fatalf("%s, %s: %v", a, b, err)
		}
		var v []jsonpath.Value
		p, _ := jsonpath.Compile("$[*]")
		_ = p.Each(d, func(x jsonpath.Value) bool { v = append(v, x); return true })
		want := x.Cmp(y)
		if got := v[0].Compare(v[1]); got != want || v[0].Equal(v[1]) != (want == 0) {
			t.Fatalf("%s and %s compare as %d, want %d", a, b, got, want)
		}
		if want == 0 {
			equal++
		}
	}
	if equal < 5 {
		t.Errorf("only %d pairs were equal", equal)
	}
	for _, big := range []string{"1e999999999999999999999", "1e99999999999999999999999999"} {
		if got := find(t, "$[?@>1e400]", "["+big+"]"); len(got) != 1 {
			t.Errorf("%s is not large", big)
		}
	}
}

// check holds an expression and a body to what is true of all of them.
func check(t *testing.T, expr string, body []byte) {
	d, err := jsonpath.Parse(body)
	if valid := json.Valid(body); valid != (err == nil) && bytes.Count(body, []byte{'['})+bytes.Count(body, []byte{'{'}) < jsonpath.MaxDepth {
		t.Fatalf("%q: %v, valid: %v", body, err, valid)
	}
	p, wrong := jsonpath.Compile(expr)
	var syntax *jsonpath.SyntaxError
	if wrong != nil && (!errors.As(wrong, &syntax) || syntax.Offset < 0 || syntax.Offset > len(expr) || syntax.Reason == "") {
		t.Fatalf("%q: %#v", expr, wrong)
	}
	if err != nil || wrong != nil {
		return
	}
	n := 0
	var found []jsonpath.Value
	err = p.Each(d, func(v jsonpath.Value) bool {
		if n++; n <= 100 {
			found = append(found, v)
		}
		return true
	})
	if n > 1 && p.Singular() || err != nil && !errors.Is(err, jsonpath.ErrSteps) {
		t.Fatalf("%q finds %d in %q, %v", expr, n, body, err)
	}
	if err != nil {
		return
	}
	for _, v := range found {
		if !json.Valid(v.JSON()) {
			t.Fatalf("%q finds %q in %q", expr, v.JSON(), body)
		}
		if !v.Equal(v) {
			t.Fatalf("%q is not equal to itself in %q", v.JSON(), body)
		}
		if twice(d) {
			continue // its path is of the last of its name
		}
		// Where it stands is a path to it, and to nothing else.
		at, err := jsonpath.Compile(v.Path())
		if err != nil {
			if strings.Contains(v.Path(), "\ufffd") || len(v.Path()) > jsonpath.MaxPath {
				continue // its name is not UTF-8, or too long
			}
			t.Fatalf("%q: %v", v.Path(), err)
		}
		same := 0
		if err := at.Each(d, func(w jsonpath.Value) bool { same++; return w == v }); err != nil || same != 1 {
			if !bytes.Contains(body, []byte(`\u`)) && strings.ToValidUTF8(string(body), "") == string(body) {
				t.Fatalf("%q in %q: %d values, %v", v.Path(), body, same, err)
			}
		}
	}
	halves(t, expr, d, n)
}

// twice reports whether an object of d has a name twice.
func twice(d *jsonpath.Document) bool {
	seen := map[string]bool{}
	p, _ := jsonpath.Compile("$..*")
	double := false
	_ = p.Each(d, func(v jsonpath.Value) bool {
		double = double || seen[v.Path()]
		seen[v.Path()] = true
		return len(seen) < 1000
	})
	return double
}

// halves holds that a filter and its opposite share out what there is.
func halves(t *testing.T, expr string, d *jsonpath.Document, n int) {
	from := strings.Replace(expr, "$", "@", 1)
	counts := [4]int{}
	for i, e := range []string{"$..*", "$..[?" + from + "]", "$..[?!" + from + "]", "$..[?" + from + "||!" + from + "]"} {
		p, err := jsonpath.Compile(e)
		if err != nil {
			return // too long, or too deep
		}
		if p.Each(d, func(jsonpath.Value) bool { counts[i]++; return true }) != nil {
			return
		}
	}
	if counts[1]+counts[2] != counts[0] || counts[3] != counts[0] {
		t.Fatalf("%q: of %d nodes, %d and %d (%d)", expr, counts[0], counts[1], counts[2], counts[3])
	}
}

var seeds = []string{
	"$", "$.a", "$..*", "$[0,-1,::2,::-1]['a'][?@.a==1&&(@.b<'x'||!@.c)]", `$["\u0061\n"]..[?length(@)>count(@.*)]`, "$[?match(@,'a.b')][?search(@.a,@.b)]", "$[?value(@..a)!=null]", "$[?@==$]", "$.ü._1",
}

var bodies = []string{
	shop, `[1,-0.5e+3,"a\ud83d\ude00\n",true,null,{},[],[[{"a":[0]}]]]`, `{"a":{"b":{"a":1}},"":0,"\u0061b":"x"}`, `[{"a":1,"b":"w"},{"a":1,"c":0},{"a":"(","b":"."}]`, `"`, `{"a":1,"a":2}`,
}

func TestAnyPathHoldsOfAnyBody(t *testing.T) {
	r := random(t)
	tokens := []string{"$", "@", ".", "..", "*", "[", "]", "?", "'a'", "'", "a", "b", "0", "-1", ":", ",", "==", "<", "!", "&&", "||", "(", ")", "length(@)", "count(@.*)", "match(@,'a')", `\`, " ", `{"a":`, "}", `"b":`, "[1,", "true"}
	mutate := func(s string) string {
		for range r.IntN(3) {
			from := r.IntN(len(s) + 1)
			to := min(len(s), from+r.IntN(3))
			s = s[:from] + tokens[r.IntN(len(tokens))] + s[to:]
		}
		return s
	}
	for range 5_000 {
		check(t, mutate(seeds[r.IntN(len(seeds))]), []byte(mutate(bodies[r.IntN(len(bodies))])))
	}
}

func FuzzPath(f *testing.F) {
	for _, expr := range seeds {
		for _, body := range bodies {
			f.Add(expr, []byte(body))
		}
	}
	f.Fuzz(check)
}
