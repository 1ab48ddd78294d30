package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
)

// A packed answer is one that many are given: its tag and its short form are made once.
type packed struct {
	tag         string
	plain, gzip []byte
}

func pack(plain []byte) packed {
	sum := sha256.Sum256(plain)
	var small bytes.Buffer
	z, err := gzip.NewWriterLevel(&small, gzip.BestSpeed)
	if err != nil { // there is such a level
		panic(err)
	}
	_, _ = z.Write(plain) // to memory
	_ = z.Close()
	return packed{`W/"` + hex.EncodeToString(sum[:12]) + `"`, plain, small.Bytes()}
}

// send sends p in the form that a client takes, or says that it has it.
func (p *packed) send(w http.ResponseWriter, r *http.Request, cache, kind string) {
	head := w.Header()
	head.Set("ETag", p.tag)
	head.Set("Cache-Control", cache)
	if has(r, p.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	head.Set("Content-Type", kind)
	body := p.plain
	if takesGzip(r.Header) {
		head.Set("Content-Encoding", "gzip")
		body = p.gzip
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) // an error is the client's: it has gone
}
