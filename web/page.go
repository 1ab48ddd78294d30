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

// static holds what make page builds from page/src, and what the forms need.
//
//go:embed page/dist public
var static embed.FS

// page adds the page and what it needs to mux; it holds no data of its own.
func page(mux *http.ServeMux) {
	for name, h := range files("page/dist") {
		if name == "index.html" {
			name = "{$}"
		}
		get(mux, "/"+name, h)
	}
}

// files serves each file of a folder.
func files(folder string) map[string]http.Handler {
	list, err := fs.ReadDir(static, folder)
	if err != nil { // the folder is part of the binary
		panic(err)
	}
	all := map[string]http.Handler{}
	for _, f := range list {
		content, err := fs.ReadFile(static, path.Join(folder, f.Name()))
		if err != nil {
			panic(err)
		}
		all[f.Name()] = file(f.Name(), content)
	}
	return all
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
