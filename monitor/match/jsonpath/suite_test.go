package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/monitorink/monitorink/monitor/match/jsonpath"
)

// TestComplianceSuite runs the suite of all implementations, cts.json of
// github.com/jsonpath-standard/jsonpath-compliance-test-suite, where
// JSONPATH_SUITE names a copy of it.
func TestComplianceSuite(t *testing.T) {
	file := os.Getenv("JSONPATH_SUITE")
	if file == "" {
		t.Skip("JSONPATH_SUITE names no copy of cts.json")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Tests []struct {
			Name, Selector string
			Document       json.RawMessage
			Result         []any
			Results        [][]any
			Paths          []string   `json:"result_paths"`
			PathsOf        [][]string `json:"results_paths"`
			Invalid        bool       `json:"invalid_selector"`
		}
	}
	if err := json.Unmarshal(b, &suite); err != nil || len(suite.Tests) < 700 {
		t.Fatalf("%d tests, %v", len(suite.Tests), err)
	}
	for _, c := range suite.Tests {
		p, err := jsonpath.Compile(c.Selector)
		if c.Invalid || err != nil {
			if c.Invalid != (err != nil) {
				t.Errorf("%s: %s: got %v, invalid: %v", c.Name, c.Selector, err, c.Invalid)
			}
			continue
		}
		d, err := jsonpath.Parse(c.Document)
		if err != nil {
			t.Errorf("%s: %s: %v", c.Name, c.Document, err)
			continue
		}
		got, paths := []any{}, []string{}
		if err := p.Each(d, func(v jsonpath.Value) bool {
			var value any
			if err := json.NewDecoder(bytes.NewReader(v.JSON())).Decode(&value); err != nil {
				t.Errorf("%s: %s: %v", c.Name, v.JSON(), err)
			}
			got, paths = append(got, value), append(paths, v.Path())
			return true
		}); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		ok := false
		for i, want := range append(c.Results, c.Result) {
			ok = ok || reflect.DeepEqual(got, want) && reflect.DeepEqual(paths, append(c.PathsOf, c.Paths)[i])
		}
		if !ok {
			t.Errorf("%s: %s of %s: got %v at %q, want %v at %q, or %v", c.Name, c.Selector, c.Document, got, paths, c.Result, c.Paths, c.Results)
		}
	}
}
