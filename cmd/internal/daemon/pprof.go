package daemon

import (
	"log/slog"
	"net/http"
	"net/http/pprof"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/web"
)

// servePprof serves Go's profiles on a listener of their own, where cfg says so, and
// returns what ends it. It is on loopback only, as config sees to.
func servePprof(cfg *config.Config, log *slog.Logger) (end func(), err error) {
	if cfg.PprofAddr == "" {
		return func() {}, nil
	}
	srv, err := listen("pprof", cfg.PprofAddr, "MONITORINK_PPROF_ADDR", log)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	// No cmdline: nothing secret is on ours, and nobody needs it.
	srv.serve(web.OnlyHosts(web.Loopback(cfg.Hosts...), http.NewCrossOriginProtection().Handler(mux)))
	return srv.close, nil
}
