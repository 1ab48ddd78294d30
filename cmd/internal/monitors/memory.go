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
	all data.Expander    // of this one
}

// A textID names a piece, and all that decides on what it says.
type textID struct{ before, text [sha256.Size]byte }

type said struct {
	fresh    []data.Monitor // until Shrink
	monitors []data.Compact // from then on
	lines    []int32        // of their ids, from the first of the piece
	items    int
}

// Shrink lets m take little memory. What was loaded is not to be used any more by who
// wants to see that.
func (m *Memory) Shrink() {
	for _, s := range m.now {
		if s.fresh == nil {
			continue
		}
		s.monitors = make([]data.Compact, 0, len(s.fresh))
		for i := range s.fresh {
			s.monitors = append(s.monitors, s.fresh[i].Compact())
		}
		s.fresh = nil
	}
}

// expanded returns what s has said.
func (m *Memory) expanded(s *said) []data.Monitor {
	if s.fresh != nil {
		return s.fresh
	}
	list := make([]data.Monitor, 0, len(s.monitors))
	for i := range s.monitors {
		list = append(list, *m.all.Monitor(&s.monitors[i]))
	}
	return list
}

func (m *Memory) begin() {
	if m != nil {
		m.old, m.now = m.now, map[textID]*said{}
	}
}

// end forgets what is in no file any more.
func (m *Memory) end() {
	if m != nil {
		m.old, m.all = nil, data.Expander{}
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
	list := r.expanded(s)
	for i := range list {
		if _, twice := f.seen[list[i].ID]; twice {
			return false
		}
	}
	if len(f.monitors)+len(list) > maxMonitors {
		return false
	}
	for i := range list {
		f.seen[list[i].ID] = place{f.name, p.line + int(s.lines[i])}
	}
	f.monitors = append(f.monitors, list...)
	r.now[r.id(p)] = s
	return true
}

// remember keeps what a piece, that has some items, has said: monitors, and nothing that
// is wrong.
func (f *file) remember(r *recaller, p piece, items int, list []data.Monitor) {
	if r == nil || !alone(p.text) {
		return
	}
	s := &said{fresh: slices.Clip(list), lines: make([]int32, 0, len(list)), items: items}
	for i := range list {
		if !settled(&list[i]) {
			return
		}
		s.lines = append(s.lines, int32(f.seen[list[i].ID].line-p.line))
	}
	r.now[r.id(p)] = s
}
