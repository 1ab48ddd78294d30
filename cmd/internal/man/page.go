package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

// page is the manual page of a program, in the macros of man(7).
func page(root *cobra.Command, version, date string) []byte {
	var b bytes.Buffer
	name := root.Name()
	fmt.Fprintf(&b, ".TH %s 1 %q %q \"User Commands\"\n", strings.ToUpper(name), date, "Monitorink "+version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", name, text(strings.ToLower(root.Short[:1])+root.Short[1:]))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.I command\n.RI [ flags ]\n", name)
	b.WriteString(".SH DESCRIPTION\n")
	prose(&b, strings.Replace(root.Long, name+" help environment lists", "ENVIRONMENT, below, lists", 1))
	b.WriteString(".SH COMMANDS\n")
	commands(&b, root)
	if root.Example != "" {
		b.WriteString(".SH EXAMPLES\n")
		verbatim(&b, root.Example)
	}
	environment(&b, name)
	b.WriteString(`.SH EXIT STATUS
.TP
.B 0
All is well. A daemon was told to end, and has drained.
.TP
.B 1
Something went wrong.
.TP
.B 2
The user can mend it: a wrong flag, variable or file.
.SH FILES
An installed service has these.
.TP
.I /etc/monitorink/monitors.yaml
what is probed
.TP
.I /etc/monitorink/monitorink.env
the environment of the services
.TP
.I /var/lib/monitorink
the spool, and the definitions that were applied last
.TP
.I /usr/share/doc/monitorink
the documentation
.SH SEE ALSO
`)
	others := slices.DeleteFunc([]string{"collector", "heartbeat", "monitorink"}, func(s string) bool { return s == name })
	fmt.Fprintf(&b, ".BR %s (1),\n.BR %s (1)\n", others[0], others[1])
	return b.Bytes()
}

// commands writes a section for each command below c that does something.
func commands(b *bytes.Buffer, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || sub.Name() == "help" {
			continue
		}
		if sub.Name() == "completion" { // cobra's, which says at length what is the same for each shell
			fmt.Fprintf(b, ".SS %s completion bash | zsh | fish | powershell\n", c.Name())
			fmt.Fprintf(b, "Print what a shell completes the words after %s by. With \\-\\-help it says how a shell loads that.\n", c.Name())
			continue
		}
		if sub.Runnable() {
			fmt.Fprintf(b, ".SS %s\n", text(strings.TrimSuffix(sub.UseLine(), " [flags]")))
			if sub.Long == "" {
				prose(b, sub.Short+".")
			} else {
				prose(b, sub.Long)
			}
			flags(b, sub)
			if sub.Example != "" {
				b.WriteString(".PP\n")
				verbatim(b, sub.Example)
			}
		}
		commands(b, sub)
	}
}

func flags(b *bytes.Buffer, c *cobra.Command) {
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR", text("--"+f.Name))
		if kind != "" {
			fmt.Fprintf(b, " \\fI%s\\fR", text(kind))
		}
		fmt.Fprintf(b, "\n%s", text(usage))
		if d := f.DefValue; d != "" && d != "false" && d != "[]" {
			fmt.Fprintf(b, " (%s)", text(d))
		}
		b.WriteString("\n")
	})
}

// environment lists the variables that a program reads.
func environment(b *bytes.Buffer, name string) {
	b.WriteString(".SH ENVIRONMENT\n")
	for _, v := range config.Variables() {
		if !slices.Contains(v.Read, name) {
			continue
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s", v.Name, text(v.Help))
		if v.Default != "" {
			fmt.Fprintf(b, " (%s)", text(v.Default))
		}
		b.WriteString("\n")
		if v.Secret {
			fmt.Fprintf(b, "(a secret:\n.B %s\nmay name a file that holds it)\n", v.Twin())
		}
	}
}

// prose writes paragraphs. What is indented stays as it is.
func prose(b *bytes.Buffer, s string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(s), "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") {
			verbatim(b, paragraph)
			continue
		}
		for line := range strings.Lines(paragraph) {
			b.WriteString(text(strings.TrimSpace(line)) + "\n")
		}
	}
}

// verbatim writes lines as they are, indented.
func verbatim(b *bytes.Buffer, s string) {
	b.WriteString(".RS\n.nf\n")
	for line := range strings.Lines(s) {
		b.WriteString(text(strings.TrimSuffix(line, "\n")) + "\n")
	}
	b.WriteString(".fi\n.RE\n")
}

// text escapes what roff would take for its own, and keeps - what it is when copied.
func text(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
