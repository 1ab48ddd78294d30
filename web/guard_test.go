package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

func TestBrowserMayShowTheTokenAsAPassword(t *testing.T) {
	h := web.New(web.Options{Store: memory.New(memory.Options{}), Token: "secret"})
	for _, c := range []struct {
		password string
		want     int
	}{{"secret", 200}, {"Secret", 401}, {"", 401}} {
		for _, path := range []string{"/", "/api/v1/monitors"} {
			r := httptest.NewRequest("GET", path, nil)
			r.SetBasicAuth("anybody", c.password)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("GET %s with the password %q: %d, want %d", path, c.password, w.Code, c.want)
			}
		}
	}
}
