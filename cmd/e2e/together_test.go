//go:build !integration

package e2e_test

// together is how many tests run at once, at least: they wait more than they work.
const together = 4
