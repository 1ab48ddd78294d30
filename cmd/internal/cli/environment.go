package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
)

// environment is a topic of help: the variables that program reads.
func environment(program string) *cobra.Command {
	var b strings.Builder
	fmt.Fprintf(&b, "The variables that %s reads, each with its default.\n", program)
	section := ""
	for _, v := range config.Variables() {
		section = cmp.Or(v.Section, section)
		if !slices.Contains(v.Read, program) {
			continue
		}
		if section != "" {
			fmt.Fprintf(&b, "\n%s\n", section)
			section = ""
		}
		fmt.Fprintf(&b, "\n  %s", v.Name)
		if v.Default != "" {
			fmt.Fprintf(&b, "=%s", v.Default)
		}
		if v.Secret {
			fmt.Fprintf(&b, ", or a file that holds it: %s", v.Twin())
		}
		b.WriteString("\n" + indent(v.Help, "      ", 78))
	}
	return &cobra.Command{Use: "environment", Short: "The variables that configure it", Long: b.String()}
}

// indent breaks s between words into lines of at most width, each after prefix.
func indent(s, prefix string, width int) string {
	var b strings.Builder
	line := prefix
	for _, word := range strings.Fields(s) {
		if line != prefix && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = prefix
		}
		if line != prefix {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}

// elsewhere are commands that another program has: a slip of the hand that is told where
// to go. No help lists them.
func elsewhere(program string, commands []*cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, c := range commands {
		name := c.Name()
		all = append(all, &cobra.Command{
			Use: name, Hidden: true, DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, args []string) error {
				return &app.UsageError{Err: fmt.Errorf("%q is a command of %s: write %s", name, program, strings.Join(append([]string{program, name}, args...), " "))}
			},
		})
	}
	return all
}
