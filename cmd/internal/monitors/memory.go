package monitors

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/monitorink/monitorink/cmd/internal/references"
	"github.com/monitorink/monitorink/data"
)

// With a Memory, pieces are small, and end where what begins behind them says so: so an
// edit changes the pieces round it, and no others.
const (
	leastPiece  = 2 << 10
	oneInPieces = 32 // of the items after that ends a piece
)

// A Memory keeps what the pieces of large files said when they were last read. What has
// not changed since is not parsed again. It serves one Reader, and one goroutine.
type Memory struct {
	old map[textID]*said // by the last Load
	now map[textID]*said // by this one
}

// A textID names a piece, and all that decides on what it says.
type textID struct{ before, text [sha256.Size]byte }

type said struct {
	monitors []data.Monitor
	lines    []int // of their ids, from the first of the piece
	items    int
}

func (m *Memory) begin() {
	if m != nil {
		m.old, m.now = m.now, map[textID]*said{}
	}
}

// end forgets what is in no file any more.
func (m *Memory) end() {
	if m != nil {
		m.old = nil
	}
}

// endsPiece reports whether a piece of some bytes ends before an item, whose first line
// this is.
func (m *Memory) endsPiece(bytes int, line []byte) bool {
	if bytes < leastPiece {
		return false
	}
	h := fnv.New32a()
	_, _ = h.Write(line) // it takes everything
	return h.Sum32()%oneInPieces == 0
}

// A recaller is a Memory for one file.
type recaller struct {
	*Memory
	before [sha256.Size]byte
}

// recaller returns nil when nothing of the file can be known from its text alone.
func (f *file) recaller(head []byte, base *draft) *recaller {
	if f.Memory == nil || base.bad {
		return nil
	}
	b, err := json.Marshal(&base.Monitor)
	if err != nil || !alone(b) || !alone(head) || !settled(&base.Monitor) {
		return nil
	}
	return &recaller{f.Memory, sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", f.name, head, b))}
}

// alone reports whether a text refers to nothing.
func alone(b []byte) bool { return !bytes.Contains(b, []byte(references.Begin)) }

// settled reports whether m depends on no other file.
func settled(m *data.Monitor) bool { return m.BodyFile == "" && m.TLS == data.ClientTLS{} }

func (r *recaller) id(p piece) textID { return textID{r.before, sha256.Sum256(p.text)} }

// knows returns what a piece said, or nil. Another goroutine may call it than that which
// remembers.
func (r *recaller) knows(p piece) *said {
	if r == nil {
		return nil
	}
	return r.old[r.id(p)]
}

// recall reads a piece that has been read before. It does nothing, and reports so, when
// an id in it is there already.
func (f *file) recall(r *recaller, p piece, s *said) bool {
	for i := range s.monitors {
		if _, twice := f.seen[s.monitors[i].ID]; twice {
			return false
		}
	}
	if len(f.monitors)+len(s.monitors) > maxMonitors {
		return false
	}
	for i := range s.monitors {
		f.seen[s.monitors[i].ID] = place{f.name, p.line + s.lines[i]}
	}
	f.monitors = append(f.monitors, s.monitors...)
	r.now[r.id(p)] = s
	return true
}

// remember keeps what a piece, that has some items, has said: monitors, and nothing that
// is wrong.
func (f *file) remember(r *recaller, p piece, items int, list []data.Monitor) {
	if r == nil || !alone(p.text) {
		return
	}
	s := &said{monitors: slices.Clip(list), items: items}
	if len(r.old) > 0 { // the whole list is not to be kept for the sake of a few
		s.monitors = slices.Clone(list)
	}
	for i := range list {
		if !settled(&list[i]) {
			return
		}
		s.lines = append(s.lines, f.seen[list[i].ID].line-p.line)
	}
	r.now[r.id(p)] = s
}
