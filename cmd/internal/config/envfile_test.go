package config_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

// What is commented is the default, and systemd takes a line as it is.
func TestEnvFileIsTheDefaultsWithASpool(t *testing.T) {
	var set, all []string
	for line := range strings.Lines(string(config.EnvFile())) {
		line = strings.TrimSuffix(line, "\n")
		if assignment := strings.TrimPrefix(line, "#"); strings.HasPrefix(assignment, config.Prefix) {
			if all = append(all, assignment); assignment == line {
				set = append(set, line)
			}
		}
	}
	if want := []string{"MONITORINK_QUEUE=disk"}; !slices.Equal(set, want) || len(all) != len(config.Variables()) {
		t.Errorf("sets %q of %d, want %q of %d", set, len(all), want, len(config.Variables()))
	}
	if strings.ContainsAny(strings.Join(all, ""), `"'\`) {
		t.Error("systemd takes quotes and backslashes out of a value")
	}
	got, err := config.Load(all)
	want, err2 := config.Load([]string{"MONITORINK_QUEUE=disk", "MONITORINK_MONITORS=/etc/monitorink/monitors.yaml", "MONITORINK_DATA_DIR=/var/lib/monitorink"})
	if err != nil || err2 != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (%v), want %+v (%v)", got, err, want, err2)
	}
}
