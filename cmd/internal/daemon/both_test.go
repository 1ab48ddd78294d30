package daemon_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/daemon"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A start that cannot succeed ends though the database, which the queue in memory is
// to be emptied into, is not there.
func TestABadFileEndsTheProcessWhileTheDatabaseIsDown(t *testing.T) {
	cfg := &config.Config{
		Queue: config.QueueMemory, Store: config.StorePostgres, PostgresURL: "postgres://monitorink@127.0.0.1:1/monitorink",
		Monitors: filepath.Join(t.TempDir(), "missing.yaml"), CollectorAddr: "127.0.0.1:0", Grace: 50 * time.Millisecond,
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.RunBoth(t.Context(), cfg, slog.New(slog.DiscardHandler)) }() // awaited below
	select {
	case err := <-ended:
		var usage *app.UsageError
		if !errors.As(err, &usage) {
			t.Errorf("got %v, want what is wrong with the file", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
}
