// Man writes the manual pages of the three programs: from their commands, and from
// the table of variables.
//
//	go run ./cmd/internal/man FOLDER VERSION DATE
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/monitorink/monitorink/cmd/internal/cli"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: man FOLDER VERSION DATE")
		os.Exit(2)
	}
	for _, root := range programs() {
		name := filepath.Join(os.Args[1], root.Name()+".1")
		if err := os.WriteFile(name, page(root, os.Args[2], os.Args[3]), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "man:", err)
			os.Exit(1)
		}
	}
}

func programs() []*cobra.Command {
	all := []*cobra.Command{cli.Monitorink(), cli.Heartbeat(), cli.Collector()}
	for _, root := range all {
		root.InitDefaultCompletionCmd() // which would come with the first command that runs
	}
	return all
}
