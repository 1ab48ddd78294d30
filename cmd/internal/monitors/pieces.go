package monitors

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"go.yaml.in/yaml/v4"
)

// pieceSize is how many bytes of a list of monitors are parsed at once. The nodes of a
// file take some forty times as much memory as its text, so those of a large one are
// never held together.
const pieceSize = 512 << 10

// A piece is a part of a file: some items of the list of monitors.
type piece struct {
	text   []byte
	line   int // from 0, of its first
	weight int
}

// split cuts a file into what stands before its list of monitors, and pieces of that
// list, with the number of items. It works on the lines alone, and knows only files
// that end with the list; it may be wrong about one whose texts look like items, but
// then a piece does not parse.
func split(b []byte, size int, ends func(bytes int, line []byte) bool) (head []byte, pieces []piece, items int, ok bool) {
	at := monitorsLine.FindIndex(b)
	if at == nil {
		return nil, nil, 0, false
	}
	head = b[:at[0]]
	indent, from, weight := -1, at[1], 0
	line := bytes.Count(b[:at[1]], []byte("\n"))
	first := line
	for begin := at[1]; begin < len(b); line++ {
		end := len(b)
		if i := bytes.IndexByte(b[begin:], '\n'); i >= 0 {
			end = begin + i + 1
		}
		text := bytes.TrimLeft(b[begin:end], " ")
		spaces := end - begin - len(text)
		item := bytes.HasPrefix(text, []byte("- ")) || bytes.Equal(bytes.TrimSpace(text), []byte("-"))
		switch {
		case len(bytes.TrimSpace(text)) == 0 || text[0] == '#':
		case indent < 0 && !item, spaces < indent, spaces == indent && !item:
			return nil, nil, 0, false
		case indent < 0 || spaces == indent:
			items++
			if indent < 0 {
				indent = spaces
			} else if begin-from >= size || weight >= maxNodes/8 || ends != nil && ends(begin-from, b[begin:end]) {
				pieces = append(pieces, piece{b[from:begin], first, weight})
				from, first, weight = begin, line, 0
			}
		}
		weight += weigh(b[begin:end])
		begin = end
	}
	if indent < 0 {
		return nil, nil, 0, false
	}
	return head, append(pieces, piece{b[from:], first, weight}), items, true
}

var monitorsLine = regexp.MustCompile(`(?m)^monitors:[ \t]*\r?\n`)

// inPieces reads a large file piece by piece. It reports whether that could be done;
// otherwise it has left no trace, but in base.
func (f *file) inPieces(b []byte, base *draft) bool {
	var ends func(int, []byte) bool
	if f.Memory != nil {
		ends = f.Memory.endsPiece
	}
	head, pieces, items, ok := split(b, f.piece, ends)
	if !ok || weigh(head) > maxNodes || heaviest(pieces) > maxNodes {
		return false
	}
	before := f.monitors
	f.monitors = slices.Grow(f.monitors, min(items, maxGrown))
	if f.head(head, base) && f.pieces(f.recaller(head, base), pieces, base) {
		return true
	}
	f.monitors = before
	f.errs, f.budget, f.volume, f.spent = nil, maxAliases, MaxFile, false
	maps.DeleteFunc(f.seen, func(_ string, at place) bool { return at.file == f.name })
	return false
}

// maxGrown is for how many monitors there is room before one is read.
const maxGrown = 100_000

func heaviest(pieces []piece) (weight int) {
	for _, p := range pieces {
		weight = max(weight, p.weight)
	}
	return weight
}

// head reads what stands before the list.
func (f *file) head(b []byte, base *draft) bool {
	root, err := parsePiece(b)
	if errors.Is(err, io.EOF) { // there is nothing but comments
		return true
	}
	if err != nil || root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 { // {} ends the document
		return false
	}
	if len(root.Content) > 0 && root.Content[0].Column != 1 { // the list, at column 1, is not of this mapping
		return false
	}
	return f.keys(root, base) == nil
}

type parsed struct {
	piece
	said *said // when it was read before; nil: it is parsed
	list *yaml.Node
	err  error
}

// pieces reads the list, while the next pieces are parsed: as many as are together no
// more than what may be parsed at once.
func (f *file) pieces(r *recaller, pieces []piece, base *draft) bool {
	ahead := min(runtime.GOMAXPROCS(0), 4, maxNodes/max(heaviest(pieces), 1)-1)
	pending := make(chan chan parsed, ahead) // closed by the goroutine below
	done := make(chan struct{})              // closed at the end
	var parsing sync.WaitGroup
	defer parsing.Wait()
	defer close(done)
	parsing.Go(func() { // waited for above, as are those that it starts
		defer close(pending)
		for _, p := range pieces {
			c := make(chan parsed, 1) // never closed
			select {
			case pending <- c:
			case <-done:
				return
			}
			if s := r.knows(p); s != nil {
				c <- parsed{piece: p, said: s}
				continue
			}
			parsing.Go(func() { c <- p.parse() })
		}
	})
	i := 0
	for c := range pending {
		p := <-c
		if p.said != nil {
			if f.recall(r, p.piece, p.said) {
				i += p.said.items
				continue
			}
			p = p.parse()
		}
		if p.err != nil || p.list.Kind != yaml.SequenceNode {
			return false
		}
		before, wrong, warned := len(f.monitors), len(f.errs), len(f.warned)
		if !f.list(base, i, p.list) {
			return true
		}
		if len(f.errs) == wrong && len(f.warned) == warned {
			f.remember(r, p.piece, len(p.list.Content), f.monitors[before:])
		}
		i += len(p.list.Content)
	}
	return true
}

func (p piece) parse() parsed {
	list, err := parsePiece(p.text)
	if err == nil {
		shift(list, p.line)
	}
	return parsed{piece: p, list: list, err: err}
}

// shift adds to the lines of nodes.
func shift(n *yaml.Node, lines int) {
	n.Line += lines
	for _, child := range n.Content {
		shift(child, lines)
	}
}

// parsePiece returns the root of a document that must be alone.
func parsePiece(b []byte) (*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil {
		return nil, err
	}
	if err := loader.Load(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("there are two documents")
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
		return doc.Content[0], nil
	}
	return &doc, nil
}
