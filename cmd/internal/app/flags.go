package app

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

// A Form is a flag's value that says itself how it is written.
type Form interface{ Form() string }

// values says how the values of other flags are written, by their type.
var values = map[string]string{
	"bool":     "true or false, or the flag alone",
	"duration": "a number and a unit, such as 500ms, 10s or 5m",
	"int":      "a whole number",
}

// flagError says of a flag that was not understood what to write in its place.
func flagError(cmd *cobra.Command, err error) error {
	help := cmd.CommandPath() + " --help shows what is allowed"
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := config.Nearest(unknown.GetSpecifiedName(), names); near != "" {
			return fmt.Errorf("%w: did you mean --%s?", err, near)
		}
	case errors.As(err, &wrong):
		form := values[wrong.GetFlag().Value.Type()]
		if own, ok := wrong.GetFlag().Value.(Form); ok {
			form = own.Form()
		}
		if form != "" {
			return fmt.Errorf("--%s %q: write %s", wrong.GetFlag().Name, wrong.GetValue(), form)
		}
	}
	return fmt.Errorf("%w\n%s", err, help)
}
