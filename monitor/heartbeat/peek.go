package heartbeat

// Peek reads what is persisted in dir beside a heartbeat that runs on it: without the
// lock, so that it may be another a moment later. It makes nothing on disk. Where nothing
// is persisted there are no definitions.
func Peek(dir string) (*State, error) {
	s := &State{dir: dir}
	return s, s.read(nil)
}
