package web

import (
	"cmp"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// problem is what RFC 9457 has.
func problem(r *http.Request, code int, detail string) map[string]any {
	return map[string]any{
		"type": "about:blank", "title": http.StatusText(code), "status": code, "detail": detail, "instance": r.URL.EscapedPath(),
	}
}

// fail answers with problem details, and to a person in a browser with a page that says
// the same.
func fail(w http.ResponseWriter, r *http.Request, code int, detail string) {
	tell(w, r, code, problem(r, code, detail))
}

// failUnnamed does so without repeating the path.
func failUnnamed(w http.ResponseWriter, r *http.Request, code int, detail string) {
	p := problem(r, code, detail)
	delete(p, "instance")
	tell(w, r, code, p)
}

func tell(w http.ResponseWriter, r *http.Request, code int, p map[string]any) {
	if !inBrowser(r) {
		write(w, code, "application/problem+json", p)
		return
	}
	show(w, code, problemPage(root(r), http.StatusText(code), sentence(p["detail"].(string)), code == http.StatusNotFound))
}

// inBrowser reports whether a person has opened this in a browser. What openapi.json tells
// of answers in JSON even so.
func inBrowser(r *http.Request) bool {
	path := r.URL.Path
	described := strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/badge/") || path == "/status.json"
	return !described && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// show answers with a page.
func show(w http.ResponseWriter, code int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", asNow)
	w.WriteHeader(code)
	_, _ = w.Write(page) // an error is the client's: it has gone
}

// root is where the paths begin, from the one that was asked for: relative, for a proxy
// that serves all this in a folder of its own.
func root(r *http.Request) string {
	return cmp.Or(strings.Repeat("../", strings.Count(r.URL.EscapedPath(), "/")-1), "./")
}

// sentence is a detail as a page says it.
func sentence(detail string) string {
	first, size := utf8.DecodeRuneInString(detail)
	return string(unicode.ToUpper(first)) + detail[size:] + "."
}
