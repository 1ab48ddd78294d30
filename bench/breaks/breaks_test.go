package main

import "testing"

// The breaks themselves run by `make breaks`; here only that each still has a place.
func TestEveryBreakHasItsPlace(t *testing.T) {
	for _, m := range mutations {
		if _, err := m.broken("../.."); err != nil {
			t.Errorf("%v: follow the code in bench/breaks/mutations.go", err)
		}
	}
}
