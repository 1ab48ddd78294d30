package jsonpath

import (
	"bytes"
	"fmt"
)

const (
	// MaxSteps is how many nodes are looked at in one document.
	MaxSteps = 2 << 20
	// MaxDepth is how deep arrays and objects may lie in one another.
	MaxDepth = 1000
	// MaxSize is how many bytes a document may have.
	MaxSize = 1 << 30
)

// A Document is a JSON text that has been read. What is left of its steps is part
// of it, so that it is for one goroutine only. It refers to the text.
type Document struct {
	text  []byte
	nodes []node
	steps int
}

// A node is a value, or the name of a member, which stands before its value.
// Nodes are in the order in which they begin.
type node struct {
	at, end uint32 // in the text
	next    uint32 // the node behind all that lies in this one; of a name: 0
}

// Parse reads b, which must stay as it is while the document is in use. The error
// tells the place.
func Parse(b []byte) (*Document, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("it has %d bytes, and at most %d are read", len(b), MaxSize)
	}
	most := 1 // each node but the first follows one of these
	for _, sign := range []byte{',', ':', '[', '{'} {
		most += bytes.Count(b, []byte{sign})
	}
	p := reader{b: b, nodes: make([]node, 0, most)}
	p.space()
	if p.i == len(b) {
		return nil, fmt.Errorf("it is empty")
	}
	if p.value(0); p.err == nil {
		if p.space(); p.i < len(b) {
			p.wrong("something follows the end")
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Document{text: b, nodes: p.nodes, steps: MaxSteps}, nil
}

// Root is the whole value.
func (d *Document) Root() Value { return Value{d, 0} }

// spend takes n steps, and reports whether they were left.
func (d *Document) spend(n int) bool {
	if d.steps -= n; d.steps < 0 {
		d.steps = -1
		return false
	}
	return true
}

// A reader reads JSON by the grammar of RFC 8259.
type reader struct {
	b     []byte
	i     int
	nodes []node
	err   error
}

func (p *reader) wrong(what string) {
	if p.err == nil {
		if p.i >= len(p.b) {
			what = "it ends too early"
		}
		p.err = fmt.Errorf("byte %d: %s", p.i, what)
	}
	p.i = len(p.b)
}

func (p *reader) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\r' || p.b[p.i] == '\t') {
		p.i++
	}
}

// peek is the next byte; at the end it is 0, which stands nowhere in JSON.
func (p *reader) peek() byte {
	if p.i < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *reader) value(depth int) {
	at := len(p.nodes)
	p.nodes = append(p.nodes, node{at: uint32(p.i)})
	switch c := p.peek(); {
	case depth > MaxDepth:
		p.wrong(fmt.Sprintf("more than %d arrays and objects lie in one another", MaxDepth))
	case c == '{':
		p.list('}', "a comma or } must follow", func() {
			if p.peek() != '"' {
				p.wrong("a name in quotes must be here")
				return
			}
			name := node{at: uint32(p.i)}
			p.str()
			name.end = uint32(p.i)
			p.nodes = append(p.nodes, name)
			if p.space(); p.peek() != ':' {
				p.wrong("a colon must follow the name")
				return
			}
			p.i++
			p.space()
			p.value(depth + 1)
		})
	case c == '[':
		p.list(']', "a comma or ] must follow", func() { p.value(depth + 1) })
	case c == '"':
		p.str()
	case c == '-' || '0' <= c && c <= '9':
		p.number()
	default:
		p.word()
	}
	p.nodes[at].end, p.nodes[at].next = uint32(p.i), uint32(len(p.nodes))
}

// list reads what item reads, between commas, to the end.
func (p *reader) list(end byte, want string, item func()) {
	p.i++
	p.space()
	if p.peek() == end {
		p.i++
		return
	}
	for p.err == nil {
		item()
		p.space()
		c := p.peek()
		if c != end && c != ',' {
			p.wrong(want)
			return
		}
		p.i++
		if c == end {
			return
		}
		p.space()
	}
}

func (p *reader) word() {
	for _, w := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(p.b[p.i:], []byte(w)) {
			p.i += len(w)
			return
		}
	}
	p.wrong("no value begins here")
}

func (p *reader) str() {
	for p.i++; ; p.i++ {
		switch c := p.peek(); {
		case c == '"':
			p.i++
			return
		case c < ' ':
			p.wrong("a text has a control character")
			return
		case c == '\\':
			if p.i++; p.peek() == 'u' {
				for range 4 {
					if p.i++; !isHex(p.peek()) {
						p.wrong("four hexadecimal digits must follow \\u")
						return
					}
				}
			} else if bytes.IndexByte([]byte(`"\/bfnrt`), p.peek()) < 0 {
				p.wrong("this must not follow a backslash")
				return
			}
		}
	}
}

func (p *reader) number() {
	if p.peek() == '-' {
		p.i++
	}
	if p.peek() == '0' {
		p.i++
	} else {
		p.digits()
	}
	if p.peek() == '.' {
		p.i++
		p.digits()
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		if p.i++; p.peek() == '+' || p.peek() == '-' {
			p.i++
		}
		p.digits()
	}
}

func (p *reader) digits() {
	from := p.i
	for isDigit(p.peek()) {
		p.i++
	}
	if p.i == from {
		p.wrong("a digit must be here")
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
