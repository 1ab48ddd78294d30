package daemon

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/monitorink/monitorink/cmd/internal/app"
	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/probe/policy"
)

// ProbeOptions are the settings of every prober of cfg: none of them goes round its
// policy.
func ProbeOptions(cfg *config.Config) (probe.Options, error) {
	p, err := policy.Parse(cfg.Deny, cfg.Allow)
	if err != nil {
		return probe.Options{}, fmt.Errorf("%s and %s: %w", policy.DenyVariable, policy.AllowVariable, err)
	}
	return probe.Options{BodyBudget: cfg.BodyBudget, UserAgent: "Monitorink/" + app.Version(), Allow: p.Allow}, nil
}

// Denied lists the monitors that cfg's policy keeps from being probed, as far as
// their URLs tell: those with an address in place of a name.
func Denied(cfg *config.Config, list []data.Monitor) (denied []string, err error) {
	o, err := ProbeOptions(cfg)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if !perhapsAddress(list[i].URL) { // most have names, and to compile them takes its time
			continue
		}
		t, err := probe.Compile(&list[i])
		if err != nil {
			continue // told of elsewhere
		}
		if to, ok := t.Address(); ok {
			if err := o.Allow(to); err != nil {
				denied = append(denied, fmt.Sprintf("%s: the address %s is not allowed: %v", list[i].ID, to.Addr(), err))
			}
		}
	}
	return denied, nil
}

// perhapsAddress reports whether a URL may have an address in place of a name.
func perhapsAddress(url string) bool {
	_, host, _ := strings.Cut(url, "://")
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	if host == "" {
		return false
	}
	last := host[len(host)-1]
	return last == ']' || last >= '0' && last <= '9' || last >= utf8.RuneSelf
}
