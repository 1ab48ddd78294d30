package main

import (
	"fmt"
	"regexp"
	"strings"
)

// varies are the parts of a line that are other ones each time, and how they look.
var varies = []struct{ part, form *regexp.Regexp }{
	{regexp.MustCompile(`^…`), regexp.MustCompile(`.*`)},
	{regexp.MustCompile(`^\d+(\.\d+)?(ns|µs|ms|s)\b`), regexp.MustCompile(`\d+(\.\d+)?(ns|µs|ms|s)`)},
	{regexp.MustCompile(`^\d+`), regexp.MustCompile(`\d+`)},
	{regexp.MustCompile(`^\s*█[█\s]*`), regexp.MustCompile(`[\s█▏▎▍▌▋▊▉]*`)},
	{regexp.MustCompile(`^\s+`), regexp.MustCompile(`\s+`)},
	{regexp.MustCompile(`^-{2,}`), regexp.MustCompile(`-{2,}`)},
}

// prints says which line of what is written was not printed, in its order. Numbers and
// widths may be others.
func prints(printed, written string) error {
	lines := strings.Split(printed, "\n")
	for want := range strings.SplitSeq(strings.TrimSpace(written), "\n") {
		if strings.TrimSpace(want) == "" || strings.TrimSpace(want) == "…" {
			continue
		}
		form := likeness(strings.TrimSpace(want))
		for len(lines) > 0 && !form.MatchString(lines[0]) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			return fmt.Errorf("the block before did not print %q there; it printed\n%s", want, indented(printed))
		}
		lines = lines[1:]
	}
	return nil
}

func likeness(line string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`^\s*`)
next:
	for line != "" {
		for _, v := range varies {
			if m := v.part.FindString(line); m != "" {
				b.WriteString(v.form.String())
				line = line[len(m):]
				continue next
			}
		}
		r := []rune(line)[0]
		b.WriteString(regexp.QuoteMeta(string(r)))
		line = line[len(string(r)):]
	}
	b.WriteString(`\s*$`)
	return regexp.MustCompile(b.String())
}
