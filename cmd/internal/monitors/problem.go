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
	Item    int    // of the monitor's for_each, from 1; 0: it has none
	Monitor string // its id, as far as it is known
	Message string // what is wrong, and what to write instead
}

// Error is file:line:column: monitors[index] for_each[item] "id": message.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	for _, n := range []int{p.Line, p.Column} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	if p.File != "" {
		b.WriteString(": ")
	}
	switch {
	case p.Index >= 0:
		fmt.Fprintf(&b, "monitors[%d]", p.Index)
		if p.Item > 0 {
			fmt.Fprintf(&b, " for_each[%d]", p.Item-1)
		}
		if p.Monitor != "" {
			fmt.Fprintf(&b, " %q", p.Monitor)
		}
		b.WriteString(": ")
	case p.File == "" && p.Monitor != "":
		fmt.Fprintf(&b, "monitor %q: ", p.Monitor)
	}
	b.WriteString(p.Message)
	return b.String()
}

// MaxShown is how many problems are listed; the rest is counted.
const MaxShown = 100

// Errors is all that is wrong, file by file in the order of lines.
type Errors []Problem

// Error has a line for each problem, up to a hundred.
func (e Errors) Error() string {
	var lines []string
	e = e.Grouped()
	for _, p := range e[:min(len(e), MaxShown)] {
		lines = append(lines, p.Error())
	}
	if more := len(e) - MaxShown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

// Grouped has what is wrong with several items of a for_each in the same way once, and
// says with how many more.
func (e Errors) Grouped() Errors {
	type group struct {
		file         string
		line, column int
		message      string
	}
	first := map[group]int{}
	more := map[int]int{}
	var all Errors
	for _, p := range e {
		g := group{p.File, p.Line, p.Column, p.Message}
		i, ok := first[g]
		if ok && p.Item > 0 {
			more[i]++
			continue
		}
		first[g] = len(all)
		all = append(all, p)
	}
	for i, n := range more {
		all[i].Message += fmt.Sprintf(" (and %d more of for_each)", n)
	}
	return all
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
