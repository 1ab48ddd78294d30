package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/monitorink/monitorink/data"
)

// printCaptured shows a piece of the answer, as a terminal may see it.
func printCaptured(w io.Writer, c *data.Captured) {
	if c == nil {
		return
	}
	fmt.Fprintln(w, "the answer began")
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		fmt.Fprintf(w, "  %s: %s\n", oneLine(name, 80), oneLine(c.Headers[name], 120))
	}
	const most = 20 // lines
	lines := strings.Split(strings.TrimSpace(c.Body), "\n")
	for _, line := range lines[:min(len(lines), most)] {
		fmt.Fprintf(w, "  %s\n", oneLine(line, 120))
	}
	if len(lines) > most {
		fmt.Fprintf(w, "  … and %s\n", plural(len(lines)-most, "line"))
	}
	fmt.Fprintln(w)
}
