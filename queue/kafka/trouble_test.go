package kafka

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A broker that goes away first disturbs the session and then ends it: nothing is well
// again in between, and the log says so once, when it is.
func TestNothingIsWellAgainWhenItGetsWorse(t *testing.T) {
	var log bytes.Buffer
	tr := trouble{log: slog.New(slog.NewTextHandler(&log, nil))}
	tr.pass(errors.New("the broker hung up"))
	tr.connect(errors.New("nothing listens there"))
	if strings.Contains(log.String(), "well again") {
		t.Errorf("while the broker is away the log says:\n%s", log.String())
	}
	tr.connect(nil)
	if n := strings.Count(log.String(), "well again"); n != 1 {
		t.Errorf("the log says %d times that all is well again, want once:\n%s", n, log.String())
	}
	if err := tr.err(); err != nil {
		t.Errorf("once it is over there is still: %v", err)
	}
}
