package web

import (
	"net/http"
	"time"
)

// answerTime is how long a client may take to read an answer.
const answerTime = 30 * time.Second

// The headers of every answer: scripts and styles come from files of ours only, nobody
// may frame, open or embed what is here, and nothing is told to where a link leads.
var protections = map[string]string{
	"Content-Security-Policy":      "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Permissions-Policy":           "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// secure adds the headers that keep a browser from doing what the page does not, and
// the deadline that keeps a client that does not read from holding an answer. What a
// page of another site has a browser send is refused, unless it only asks.
func secure(refused func(reason string), h http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What cannot have a deadline, such as a recorder in a test, needs none.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
		for name, value := range protections {
			w.Header().Set(name, value)
		}
		if err := origin.Check(r); err != nil {
			refused(refusedOrigin)
			fail(w, r, http.StatusForbidden, "a page of another site sent this: "+short(r.Method)+" is taken from this site's own pages, and from what is no browser")
			return
		}
		h.ServeHTTP(w, r)
	})
}
