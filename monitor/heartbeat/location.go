package heartbeat

import (
	"fmt"
	"strings"
)

// Located says whether the definitions tell where the directory belongs to.
func (s *State) Located() bool { return s.location != "" }

// Locate decides where the directory belongs to when its definitions do not tell:
// to where its events are of, which may be "" when there are none. Then it is the
// configured location, or, in a new directory, the fallback. It is never guessed for
// definitions that are damaged.
func (s *State) Locate(events string) error {
	if s.location != "" {
		return s.Fits(s.configured)
	}
	fresh := s.SetAside == 0
	switch {
	case s.configured != "" && (fresh || events == "" || events == s.configured):
		s.location = s.configured
	case events != "":
		s.location = events
		return s.Fits(s.configured)
	case fresh:
		s.location = s.fallback
	default:
		return fmt.Errorf("%s: %w, and it cannot be told any more: set MONITORINK_LOCATION to the one it had; it is part of every measurement's identity (%s)",
			s.dir, ErrLocation, strings.Join(s.Notes, "; "))
	}
	return nil
}

// Fits says whether a heartbeat that is configured for location, "" for none, could
// go on with what is persisted. It wraps ErrLocation when the directory is another's.
func (s *State) Fits(location string) error {
	if s.location == "" || location == "" || location == s.location {
		return nil
	}
	return fmt.Errorf("%s: %w: it holds %q, MONITORINK_LOCATION is %q; the location is part of every measurement's identity, so use the old one, or another data directory",
		s.dir, ErrLocation, s.location, location)
}

// Location is the location that the directory belongs to.
func (s *State) Location() string {
	switch {
	case s.location != "":
		return s.location
	case s.configured != "":
		return s.configured
	}
	return s.fallback
}
