package monitors

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with a definition.
type Problem struct {
	File    string // or the variable
	Line    int    // from 1; 0: the file as a whole
	Column  int    // from 1, in characters; 0: unknown
	Index   int    // of the monitor in its file, from 0; -1: none
	Monitor string // its id, as far as it is known
	Message string // what is wrong, and what to write instead
}

// Error is file:line:column: monitors[index] "id": message.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	for _, n := range []int{p.Line, p.Column} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	b.WriteString(": ")
	if p.Index >= 0 {
		fmt.Fprintf(&b, "monitors[%d]", p.Index)
		if p.Monitor != "" {
			fmt.Fprintf(&b, " %q", p.Monitor)
		}
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// shown is how many problems a message lists; the rest is counted.
const shown = 100

// Errors is all that is wrong, file by file in the order of lines.
type Errors []Problem

// Error has a line for each problem, up to a hundred.
func (e Errors) Error() string {
	var lines []string
	for _, p := range e[:min(len(e), shown)] {
		lines = append(lines, p.Error())
	}
	if more := len(e) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Spoiled reports whether it cannot be told which monitors are concerned: one
// that is missing now need not have been removed.
func (e Errors) Spoiled() bool {
	return slices.ContainsFunc(e, func(p Problem) bool { return p.Monitor == "" })
}

// orNil keeps a nil Errors from becoming a non-nil error.
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

func (e Errors) sort() {
	slices.SortStableFunc(e, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
