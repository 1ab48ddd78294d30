package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/app"
)

func TestABackfillSaysWhatItCameTo(t *testing.T) {
	for cells, want := range map[int64]string{0: "nothing to do: every day that has measurements has its rollups", 12: "the rollups are made: 12 days of monitors"} {
		if got := filled(cells); got != want {
			t.Errorf("%d: got %q, want %q", cells, got, want)
		}
	}
	var out, problem bytes.Buffer
	if code := app.Run(t.Context(), Collector(), []string{"rollup", "backfill"}, &out, &problem); code != 2 || !strings.Contains(problem.String(), `MONITORINK_STORE is "memory", which makes its rollups itself: write postgres`) {
		t.Errorf("over memory: exit code %d, %s", code, &problem)
	}
}
