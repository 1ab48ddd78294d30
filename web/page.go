package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed static
var static embed.FS

// page serves the page and what it needs; it holds no data of its own.
func page() http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil { // the folder is part of the binary
		panic(err)
	}
	return http.FileServerFS(files)
}
