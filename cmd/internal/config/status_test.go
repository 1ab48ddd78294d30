package config_test

import (
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/config"
)

func TestLabelsOfTheStatusPageAreChecked(t *testing.T) {
	for value, will := range map[string]bool{"public:yes": true, "public:yes, team:a:b": true, "public": false, ":yes": false, "public:": false, "public:yes,": false} {
		c, err := config.Load([]string{"MONITORINK_STATUS_LABELS=" + value})
		if (err == nil) != will || err != nil && !strings.Contains(err.Error(), "MONITORINK_STATUS_LABELS is") {
			t.Errorf("%s: %v, %v", value, c, err)
		}
	}
}
