package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"time"
)

//go:embed static
var static embed.FS

// page adds the page and what it needs to mux; it holds no data of its own.
func page(mux *http.ServeMux) {
	files, err := fs.ReadDir(static, "static")
	if err != nil { // the folder is part of the binary
		panic(err)
	}
	for _, f := range files {
		content, err := fs.ReadFile(static, path.Join("static", f.Name()))
		if err != nil {
			panic(err)
		}
		at := "/" + f.Name()
		if f.Name() == "index.html" {
			at = "/{$}"
		}
		get(mux, at, file(f.Name(), content))
	}
}

// file serves content, which a browser asks for again only when it has changed.
func file(name string, content []byte) http.Handler {
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	})
}
