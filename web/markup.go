package web

import (
	"bytes"
	"html"
	"strings"
)

// A markup is HTML or SVG as it stands in this package. What others wrote is a string, which
// becomes none without a conversion, and nothing converts: so it is always escaped.
//
// html/template would do it as well, and keep the linker from leaving out methods that
// nobody calls: that took 3.4 MB of each binary.
type markup string

// A sheet is put together from markup and from what is shown in it.
type sheet struct{ b bytes.Buffer }

// put appends m with its {} replaced by values, one by one. They are escaped, for the
// text of an element and for an attribute in double quotes, and may stand nowhere else;
// in href and src only paths of this package.
func (d *sheet) put(m markup, values ...string) {
	parts := strings.Split(string(m), "{}")
	if len(parts) != len(values)+1 { // both stand here
		panic("web: " + string(m))
	}
	for i, part := range parts {
		d.b.WriteString(part)
		if i < len(values) {
			d.b.WriteString(html.EscapeString(strings.ReplaceAll(values[i], "\x00", "\ufffd")))
		}
	}
}

// head begins a page. title is markup, with values.
func (d *sheet) head(root string, indexed bool, title markup, values ...string) {
	d.put(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
`)
	if !indexed {
		d.put("<meta name=\"robots\" content=\"noindex\">\n")
	}
	d.put("<title>"+title+"</title>\n", values...)
	d.put(`<link rel="icon" href="{}mark.svg" type="image/svg+xml">
<link rel="stylesheet" href="{}public.css">
</head>
`, root, root)
}
