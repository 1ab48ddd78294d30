package web

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// worthIt is the size from which on an answer is compressed.
const worthIt = 1 << 10

var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed) // a tenth of JSON remains even so
	if err != nil {                                    // the level is one that there is
		panic(err)
	}
	return z
}}

// compress compresses what h answers, for clients that take gzip. What is small, is
// compressed already, is a part, or is flushed as it comes stays as it is.
func compress(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !takesGzip(r.Header) || r.Method == http.MethodHead || r.Header.Get("Range") != "" {
			h.ServeHTTP(w, r)
			return
		}
		z := &compressing{ResponseWriter: w}
		h.ServeHTTP(z, r) // a panic leaves the answer without an end, as it is to
		z.close()
	})
}

// takesGzip reports whether Accept-Encoding allows gzip.
func takesGzip(h http.Header) bool {
	takes := false
	for coding := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		allowed := true
		if q, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			weight, err := strconv.ParseFloat(q, 64)
			allowed = err == nil && weight > 0
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return allowed
		case "*":
			takes = allowed
		}
	}
	return takes
}

// A compressing writer holds an answer back until it knows whether it is worth it.
type compressing struct {
	http.ResponseWriter
	code int // 0: none yet
	held []byte
	sent bool         // the header is
	gz   *gzip.Writer // nil: as it comes
}

// Unwrap lets http.ResponseController find the connection.
func (z *compressing) Unwrap() http.ResponseWriter { return z.ResponseWriter }

// WriteHeader keeps code until there is something to send.
func (z *compressing) WriteHeader(code int) {
	if z.code == 0 {
		z.code = code
	}
	if code < http.StatusOK || code == http.StatusNoContent || code == http.StatusNotModified || z.Header().Get("Content-Encoding") != "" {
		_ = z.begin(false) // nothing is held that could fail
	}
}

// Write compresses b, unless it is not worth it.
func (z *compressing) Write(b []byte) (int, error) {
	if z.code == 0 {
		z.WriteHeader(http.StatusOK)
	}
	if !z.sent && len(z.held)+len(b) < worthIt {
		z.held = append(z.held, b...)
		return len(b), nil
	}
	if err := z.begin(true); err != nil {
		return 0, err
	}
	if z.gz != nil {
		return z.gz.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

// FlushError sends all that was written, as it is when nothing has been sent before.
func (z *compressing) FlushError() error {
	if err := z.begin(false); err != nil {
		return err
	}
	if z.gz != nil {
		if err := z.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(z.ResponseWriter).Flush()
}

// begin sends the header and what was held back, once; big says that it is worth it.
func (z *compressing) begin(big bool) error {
	if z.sent {
		return nil
	}
	z.sent = true
	head := z.Header()
	if big && head.Get("Content-Encoding") == "" && compressible(head.Get("Content-Type")) {
		z.gz = compressors.Get().(*gzip.Writer)
		z.gz.Reset(z.ResponseWriter)
		head.Set("Content-Encoding", "gzip")
		head.Del("Content-Length")
		if tag := head.Get("ETag"); strings.HasPrefix(tag, `"`) {
			head.Set("ETag", "W/"+tag) // the bytes are not those that it stands for
		}
	}
	if z.code != 0 {
		z.ResponseWriter.WriteHeader(z.code)
	}
	held := z.held
	z.held = nil
	var err error
	switch {
	case len(held) == 0:
	case z.gz != nil:
		_, err = z.gz.Write(held)
	default:
		_, err = z.ResponseWriter.Write(held)
	}
	return err
}

// compressible reports whether answers of a media type shrink, and end.
func compressible(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return strings.HasPrefix(kind, "text/") && kind != "text/event-stream" || strings.HasSuffix(kind, "json") || kind == "application/javascript" || kind == "image/svg+xml"
}

// close sends what is left; an error is the client's: it has gone.
func (z *compressing) close() {
	if z.code == 0 {
		return // net/http says 200 of what says nothing
	}
	_ = z.begin(false)
	if z.gz != nil {
		_ = z.gz.Close()
		z.gz.Reset(nil)
		compressors.Put(z.gz)
	}
}
