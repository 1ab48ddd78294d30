// Package jsonpath finds values in JSON by the expressions of RFC 9535, within
// bounds: neither an expression nor a body can make it take for ever.
//
//	p, err := jsonpath.Compile("$.queues[?@.depth > 100].name") // once
//	d, err := jsonpath.Parse(body)                              // for each body
//	err = p.Each(d, func(v jsonpath.Value) bool { …; return true })
//
// All of RFC 9535 is there: child and descendant segments, names, wildcards,
// indices, slices, filters with comparisons and logical operators, the functions
// length, count, match, search and value, and its rules of what is well-typed.
// Three things are decided here: regular expressions are RE2, of which I-Regexp is
// a part; numbers are compared as the decimals that they are written as, exactly,
// however long; and of members of one name, the name stands for the last.
//
// A [Document] is a flat list of where values begin and end, 12 bytes for each, and
// not a tree of maps: it is small, and what lies below a value is the stretch that
// follows it. Nodes are handed on as they are found, so that no list of them is
// ever held. Each node that is looked at, and each 64 bytes of text, is a step, and
// a document has so many: [ErrSteps] says that they are spent. A path such as
// $..*..*..* would otherwise find ten million nodes in 800 bytes.
package jsonpath
