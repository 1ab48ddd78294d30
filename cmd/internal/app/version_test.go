package app

import (
	"runtime/debug"
	"testing"
)

func TestVersionSaysWhereABuildComesFrom(t *testing.T) {
	build := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		settings = append(settings, debug.BuildSetting{Key: "GOOS", Value: "linux"}, debug.BuildSetting{Key: "GOARCH", Value: "arm64"})
		return &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: version}, Settings: settings}
	}
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "d6c6e4f5cfad2ecf"}, {Key: "vcs.time", Value: "2026-11-28T17:36:50Z"}}
	for name, c := range map[string]struct {
		info          *debug.BuildInfo
		version, said string
	}{
		"of a tag": {build("v1.2.3", commit...), "v1.2.3", "v1.2.3 (commit d6c6e4f5cfad2ecf, 2026-11-28T17:36:50Z, go1.26.8 linux/arm64)"},
		"of a tree with changes": {
			build("v1.2.3+dirty", append(commit, debug.BuildSetting{Key: "vcs.modified", Value: "true"})...), "v1.2.3+dirty",
			"v1.2.3+dirty (commit d6c6e4f5cfad2ecf, 2026-11-28T17:36:50Z, with changes that are not committed, go1.26.8 linux/arm64)",
		},
		"by go install": {build("v1.2.3"), "v1.2.3", "v1.2.3 (commit unknown, go1.26.8 linux/arm64)"},
		"without Git":   {build(""), "(devel)", "(devel) (commit unknown, go1.26.8 linux/arm64)"},
		"of nothing":    {nil, "(devel)", "(devel)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := versionOf(c.info); got != c.version {
				t.Errorf("version: got %q, want %q", got, c.version)
			}
			if got := describe(c.info); got != c.said {
				t.Errorf("got  %q\nwant %q", got, c.said)
			}
		})
	}
}
