package remote_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/monitorink/monitorink/queue/remote"
)

// A proxy on the way may answer in the place of a server that is fine: with a page of
// its own, or that there is no such place.
func TestASettlementThatAnotherAnsweredIsToldAgain(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusGone, http.StatusUnauthorized, http.StatusForbidden} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			p := serve(t, remote.ServerOptions{})
			p.publish(t, 0, 100)
			base := plain(t)
			var answered atomic.Int32
			proxy := transport(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(r.URL.Path, "/settlements") || answered.Add(1) > 2 {
					return base.RoundTrip(r)
				}
				return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("<html>")), Request: r}, nil
			})
			s := dial(t, remote.Options{URL: p.url, Client: &http.Client{Transport: proxy}})
			done := make(chan struct{})
			go func() { // the test waits for it
				defer close(done)
				for {
					m, err := s.Next(t.Context())
					if err != nil {
						return
					}
					s.Settle(m, accepted)
				}
			}()
			p.drained(t)
			if answered.Load() < 2 {
				t.Errorf("%d settlements were told, want some that did not arrive", answered.Load())
			}
			s.Close()
			<-done
		})
	}
}
