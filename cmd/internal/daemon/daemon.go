// Package daemon builds the daemons from their configuration: it holds the
// only switches on queue and store, opens what they need, and closes it in
// reverse order once they have ended.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
)

// A Func runs a daemon until ctx ends and everything is drained.
type Func func(ctx context.Context, cfg *config.Config, log *slog.Logger) error

// Defaults are what monitors get that say nothing, as cfg has it.
func Defaults(cfg *config.Config) monitors.Defaults {
	return monitors.Defaults{Schedule: cfg.Schedule, Timeout: cfg.Timeout}
}

// References resolves the references in the monitors of cfg.
func References(cfg *config.Config) *references.Resolver {
	if cfg.URLs != "" {
		return references.New(".", os.LookupEnv)
	}
	return references.New(monitors.Folder(cfg.Monitors), os.LookupEnv)
}

// Monitors returns the monitors that cfg names and its shard has, whose references can
// be resolved by r. A warn that is not nil is told of what should be known of them.
func Monitors(cfg *config.Config, r *references.Resolver, warn func(monitors.Problem)) ([]data.Monitor, error) {
	all, err := AllMonitors(cfg, r, warn)
	return Mine(cfg, all), err
}

// AllMonitors returns what Monitors does, of all shards.
func AllMonitors(cfg *config.Config, r *references.Resolver, warn func(monitors.Problem)) ([]data.Monitor, error) {
	return readAll(cfg, &monitors.Reader{Defaults: Defaults(cfg), References: r, Warn: warn})
}

func readAll(cfg *config.Config, reader *monitors.Reader) ([]data.Monitor, error) {
	if cfg.URLs != "" {
		return reader.URLs(cfg.URLs)
	}
	return reader.Load(cfg.Monitors)
}

// Mine returns those of all that the shard of cfg has.
func Mine(cfg *config.Config, all []data.Monitor) []data.Monitor {
	if cfg.Shard.Of <= 1 {
		return all
	}
	var mine []data.Monitor
	for i := range all {
		if cfg.Shard.Has(all[i].ID) {
			mine = append(mine, all[i])
		}
	}
	return mine
}

// hostname is the fallback of location and instance.
func hostname() string {
	name, err := os.Hostname()
	if err != nil || data.CheckID(name) != nil {
		return "localhost"
	}
	return name
}

// Instance is the name that this process writes into its events.
func Instance(cfg *config.Config) string {
	if cfg.Instance != "" {
		return cfg.Instance
	}
	return hostname()
}

// inFlight is how many probes run at once: as configured, or as many as the
// machine bears. Each takes a file descriptor, and some are needed elsewhere.
func inFlight(cfg *config.Config) int {
	if cfg.InFlight > 0 {
		return cfg.InFlight
	}
	n := 1024 * runtime.GOMAXPROCS(0)
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur < uint64(2*n) {
		n = max(int(limit.Cur/2), 16)
	}
	return n
}

// A server is an HTTP listener with its handler.
type server struct {
	http   *http.Server
	ln     net.Listener
	name   string
	log    *slog.Logger
	ending chan struct{} // closed by close, the first time
	once   sync.Once
}

// listen opens the listener at once, so that a port that is taken is known
// before anything else begins.
func listen(name, addr, variable string, log *slog.Logger) (*server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("%s %s: the port is taken: end what listens there, or choose another with %s", name, addr, variable)
		}
		return nil, fmt.Errorf("%s cannot listen: %w (%s chooses the address)", name, err, variable)
	}
	return &server{ln: ln, name: name, log: log, ending: make(chan struct{})}, nil
}

// serve begins to answer, until close.
func (s *server) serve(h http.Handler) {
	s.http = &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.log.Info("listening", "what", s.name, "url", "http://"+s.ln.Addr().String())
	go func() { // ends with close
		if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the listener has ended", "what", s.name, "error", err)
		}
	}()
}

// close ends what streams, answers what was asked, for a few seconds, and closes the
// listener.
func (s *server) close() {
	s.once.Do(func() { close(s.ending) })
	if s.http == nil {
		s.ln.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}

// within returns a context that ends grace after ctx has: what a drain may take.
func within(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { t.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
