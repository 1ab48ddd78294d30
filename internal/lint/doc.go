// Package lint holds the repository's own rules as tests: who may import whom,
// which module is used where, and what the house style asks of every file.
package lint

//go:generate go test -run TestLibraryIsWhatItWas -update .
