package monitors

import "github.com/monitorink/monitorink/data"

// ParseInPieces is Parse, with files cut into pieces of size bytes.
func ParseInPieces(name string, b []byte, d Defaults, size int) ([]data.Monitor, error) {
	s := newSet(Reader{Defaults: d})
	s.piece = size
	s.add(name, b, s.builtIn(), isDefaults(name))
	return s.monitors, s.errs.orNil()
}

// Pieces is how many pieces a file is cut into; 0: it is read whole.
func Pieces(b []byte, size int) int {
	_, pieces, _, _ := split(b, size, nil)
	return len(pieces)
}
