package daemon

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/monitor/heartbeat"
)

func TestWhoAsksForAReloadDuringALongOneIsAnsweredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reloader{asked: make(chan chan reloaded), ended: make(chan struct{}), running: &heartbeat.Heartbeat{}}
		began, w := time.Now(), httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/-/reload", nil))
		if took := time.Since(began); w.Code != http.StatusServiceUnavailable || took > 30*time.Second {
			t.Errorf("%d after %v: %s", w.Code, took, w.Body)
		}
	})
}
