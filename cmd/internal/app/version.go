package app

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// Version is the version of the build: that of its tag, or else v0.0.0 with the time and
// the hash of its commit; +dirty at its end says that there were changes which are not
// committed. Without Git it is (devel).
func Version() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	if info == nil {
		return "(devel)"
	}
	return cmp.Or(info.Main.Version, "(devel)")
}

// describe says all of a build in a line: version, commit, its date, Go and platform.
func describe(info *debug.BuildInfo) string {
	if info == nil {
		return versionOf(info)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	facts := []string{"commit unknown"} // a download by go install, or -buildvcs=false
	if revision := settings["vcs.revision"]; revision != "" {
		facts = []string{"commit " + revision, settings["vcs.time"]}
	}
	if settings["vcs.modified"] == "true" {
		facts = append(facts, "with changes that are not committed")
	}
	facts = append(facts, info.GoVersion+" "+settings["GOOS"]+"/"+settings["GOARCH"])
	return fmt.Sprintf("%s (%s)", versionOf(info), strings.Join(facts, ", "))
}

// VersionCommand prints what Run has made the version of its root.
func VersionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version, its commit and that one's date", Args: NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", cmd.Root().Name(), cmd.Root().Version)
			return err
		},
	}
}
