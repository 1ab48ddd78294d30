package alarm

import (
	"errors"
	"os"
	"testing"
)

// A file on a disk stands for a timerfd that could not be watched: neither can be polled.
func TestWhatCannotBeWaitedForIsNoAlarm(t *testing.T) {
	f, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := pollable(f); !errors.Is(err, os.ErrNoDeadline) {
		t.Errorf("got %v", err)
	}
}
