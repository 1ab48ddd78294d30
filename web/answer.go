package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// What a client may do with an answer.
const (
	asNow     = "no-store"             // it tells what is now
	asAsked   = "no-cache"             // it seldom changes: kept, and asked for again by its tag
	asSettled = "private, max-age=300" // it tells of the past, which only late events change
)

// settling is how long events of an instant are still expected after it.
const settling = time.Hour

// until is how long an answer about what was before to may be kept.
func until(to time.Time) string {
	if !to.IsZero() && time.Since(to) >= settling {
		return asSettled
	}
	return asNow
}

// answer sends v as JSON, with a tag by which a client that has it is told so.
func answer(w http.ResponseWriter, r *http.Request, cache string, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	send(w, r, cache, "application/json", body)
	return nil
}

// send sends body, or says that the client has it.
func send(w http.ResponseWriter, r *http.Request, cache, kind string, body []byte) {
	head := w.Header()
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:12]) + `"` // weak: it may be compressed on its way
	head.Set("ETag", tag)
	head.Set("Cache-Control", cache)
	if has(r, tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	head.Set("Content-Type", kind)
	w.Write(body) // an error is the client's: it has gone
}

// has reports whether a client has what tag stands for.
func has(r *http.Request, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for _, known := range r.Header.Values("If-None-Match") {
		for k := range strings.SplitSeq(known, ",") {
			if k = strings.TrimSpace(k); k == "*" || strings.TrimPrefix(k, "W/") == opaque {
				return true
			}
		}
	}
	return false
}

// encode gives v as JSON, and a line end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // nothing sniffs JSON, and people read it
	err := enc.Encode(v)
	return b.Bytes(), err
}

func reply(w http.ResponseWriter, code int, v any) { write(w, code, "application/json", v) }

func write(w http.ResponseWriter, code int, kind string, v any) {
	b, err := encode(v)
	if err != nil { // what is replied is built here, of types that JSON can express
		panic(err)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", asNow)
	w.WriteHeader(code)
	w.Write(b) // an error is the client's: it has gone
}
