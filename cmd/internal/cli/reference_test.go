package cli_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/monitorink/monitorink/cmd/internal/cli"
)

//go:generate go test -run TestReferenceIsCurrent -update .

var update = flag.Bool("update", false, "write docs/commands.md anew")

func programs() []*cobra.Command {
	return []*cobra.Command{cli.Heartbeat(), cli.Collector(), cli.Monitorink()}
}

func TestReferenceIsCurrent(t *testing.T) {
	const path = "../../../docs/commands.md"
	want := reference()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/commands.md is stale (%v): make env", err)
	}
}

// reference is docs/commands.md.
func reference() []byte {
	var b bytes.Buffer
	b.WriteString(`# Every command

Three programs, of which the first is all of it in one process. ` + "`--help`" + ` says the same, and more by example. What they connect to and where their files are is in the environment: [settings.md](settings.md).
`)
	all := programs()
	for _, root := range []*cobra.Command{all[2], all[0], all[1]} {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n", root.Name(), root.Short)
		if root.Name() == "monitorink" {
			b.WriteString("\nIt also has each command of [heartbeat](#heartbeat) and [collector](#collector) that it does not have of its own: `monitorink validate` is `heartbeat validate`.\n")
		}
		describe(&b, root)
	}
	b.WriteString("\nWritten by `make env` from the commands in [cmd/internal/cli](../cmd/internal/cli).\n")
	return b.Bytes()
}

// describe writes the commands below c that do something, each with its flags.
func describe(b *bytes.Buffer, c *cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Hidden || cli.Borrowed(sub) {
			continue
		}
		if sub.Runnable() {
			fmt.Fprintf(b, "\n### %s\n\n%s.\n", strings.TrimSuffix(sub.UseLine(), " [flags]"), plain(sub.Short))
			flags(b, sub)
		}
		describe(b, sub)
	}
}

func flags(b *bytes.Buffer, c *cobra.Command) {
	first := true
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		if first {
			b.WriteString("\n| flag | default | |\n|---|---|---|\n")
			first = false
		}
		kind, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if kind != "" {
			name += " " + kind
		}
		value := "–"
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			value = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", name, value, plain(usage))
	})
}

func plain(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
