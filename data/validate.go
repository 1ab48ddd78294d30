package data

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxID is how many bytes a monitor's id or a location may have.
const MaxID = 200

// CheckID says why id cannot name a monitor or a location, or returns nil.
// Any text without control characters and of 1 to MaxID bytes will do.
func CheckID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("it is empty")
	case len(id) > MaxID:
		return fmt.Errorf("it has %d bytes, and at most %d are allowed", len(id), MaxID)
	case !utf8.ValidString(id):
		return fmt.Errorf("it is not UTF-8")
	case strings.ContainsFunc(id, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return fmt.Errorf("it has a control character")
	}
	return nil
}

func invalid(kind Kind, field, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s: %s", ErrMalformed, kind, field, fmt.Sprintf(format, args...))
}

func checkIdentity(e Event, location string, instants map[string]time.Time) error {
	if err := CheckID(e.Key()); err != nil {
		return invalid(e.Kind(), "monitor", "%v", err)
	}
	if err := CheckID(location); err != nil {
		return invalid(e.Kind(), "location", "%v", err)
	}
	for field, t := range instants {
		if err := checkInstant(t); err != nil {
			return invalid(e.Kind(), field, "%v", err)
		}
	}
	return nil
}

// checkInstant wants whole milliseconds within the years that every store and
// every text form can hold.
func checkInstant(t time.Time) error {
	switch {
	case t.IsZero():
		return fmt.Errorf("it is missing")
	case t.Year() < 1970 || t.Year() > 9999:
		return fmt.Errorf("the year %d is out of range", t.Year())
	case t.Nanosecond()%int(time.Millisecond) != 0:
		return fmt.Errorf("%s is not a whole millisecond", t.Format(time.RFC3339Nano))
	}
	return nil
}

func (m *Measurement) validate() error {
	if err := checkIdentity(m, m.Location, map[string]time.Time{"scheduled_at": m.Scheduled}); err != nil {
		return err
	}
	switch {
	case m.Attempt < 1 || m.Attempt > 100:
		return invalid(m.Kind(), "attempt", "%d is not within 1 to 100", m.Attempt)
	case m.State != Up && m.State != Down:
		return invalid(m.Kind(), "state", "%q is neither up nor down", m.State)
	case m.Started.Year() < 1970 || m.Started.Year() > 9999:
		return invalid(m.Kind(), "started_at", "it is missing, or its year is out of range")
	case (m.State == Down) != (m.Error != nil):
		return invalid(m.Kind(), "error", "it belongs to a measurement that is down, and only there")
	case m.Error != nil && !slices.Contains(errorKinds, m.Error.Kind):
		return invalid(m.Kind(), "error.kind", "%q is not a kind of error", m.Error.Kind)
	case m.TLS != nil && (m.TLS.Expires.Year() < 0 || m.TLS.Expires.Year() > 9999):
		return invalid(m.Kind(), "tls.expires_at", "the year %d is out of range", m.TLS.Expires.Year())
	}
	return nil
}

func (g *Gap) validate() error {
	if err := checkIdentity(g, g.Location, map[string]time.Time{"first_at": g.First, "last_at": g.Last}); err != nil {
		return err
	}
	switch {
	case g.Last.Before(g.First):
		return invalid(g.Kind(), "last_at", "it is before first_at")
	case g.Slots < 1:
		return invalid(g.Kind(), "slots", "%d is less than 1", g.Slots)
	case !slices.Contains(reasons, g.Reason):
		return invalid(g.Kind(), "reason", "%q is not a reason", g.Reason)
	}
	return nil
}

func (r *Registration) validate() error {
	if err := checkIdentity(r, r.Location, map[string]time.Time{"from": r.From}); err != nil {
		return err
	}
	if r.Removed {
		return nil
	}
	every := r.Schedule.Every.D()
	switch {
	case (every != 0) == (r.Schedule.Cron != ""):
		return invalid(r.Kind(), "every_us", "exactly one of every_us and cron must be there")
	case every != 0 && (every < MinInterval || every%time.Millisecond != 0):
		return invalid(r.Kind(), "every_us", "%v is not a whole number of milliseconds of at least %v", every, MinInterval)
	case len(r.Schedule.Cron) > MaxID || len(r.Schedule.Timezone) > MaxID:
		return invalid(r.Kind(), "cron", "it is longer than %d bytes", MaxID)
	}
	return nil
}
