// Package docs reads the documentation as a program sees it: its pages, their
// headings, links, code and blocks of shell.
//
// The one idea: what a page says is checked like code. A link leads somewhere, a
// name that is quoted exists, and a block that is marked runs as it is written, in
// internal/docs/run. CONTRIBUTING.md explains the marks.
package docs
