package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Loopback returns what tells whether a Host header names this machine as only this
// machine does: localhost, an address of loopback, or one of names. A page of another
// site that lets its own name mean 127.0.0.1 (DNS rebinding) does not.
func Loopback(names ...string) func(host string) bool {
	return func(host string) bool {
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
		if strings.EqualFold(host, "localhost") {
			return true
		}
		for _, name := range names {
			if strings.EqualFold(host, name) {
				return true
			}
		}
		a, err := netip.ParseAddr(host)
		return err == nil && a.Unmap().IsLoopback()
	}
}

// OnlyHosts serves h to requests whose Host header will do.
func OnlyHosts(will func(host string) bool, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !will(r.Host) {
			failHost(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func failHost(w http.ResponseWriter, r *http.Request) {
	fail(w, r, http.StatusMisdirectedRequest, "this listener asks for no token, so it answers to localhost and 127.0.0.1 only, and not to the name "+
		short(r.Host)+": set MONITORINK_TOKEN, or list the name in MONITORINK_HOSTS")
}
