package data

import (
	"cmp"
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
	}
	control, wide := false, false
	for i := range len(id) {
		c := id[i]
		control = control || c < 0x20 || c == 0x7f
		wide = wide || c >= utf8.RuneSelf
	}
	switch {
	case wide && !utf8.ValidString(id):
		return fmt.Errorf("it is not UTF-8")
	case control:
		return fmt.Errorf("it has a control character")
	}
	return nil
}

func invalid(kind Kind, field, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s: %s", ErrMalformed, kind, field, fmt.Sprintf(format, args...))
}

func checkIdentity(e Event, location string) error {
	if err := CheckID(e.Key()); err != nil {
		return invalid(e.Kind(), "monitor", "%v", err)
	}
	if err := CheckID(location); err != nil {
		return invalid(e.Kind(), "location", "%v", err)
	}
	return nil
}

func checkScheduled(k Kind, field string, t time.Time) error {
	if err := checkInstant(t); err != nil {
		return invalid(k, field, "%v", err)
	}
	return nil
}

// checkInstant wants whole milliseconds within the years that every store and
// every text form can hold.
func checkInstant(t time.Time) error {
	switch {
	case t.IsZero():
		return fmt.Errorf("it is missing")
	case outOfRange(t):
		return fmt.Errorf("the year %d is out of range", t.UTC().Year())
	case t.Nanosecond()%int(time.Millisecond) != 0:
		return fmt.Errorf("%s is not a whole millisecond", t.Format(time.RFC3339Nano))
	}
	return nil
}

// outOfRange reports whether the year of t in UTC is not 1970 to 9999.
func outOfRange(t time.Time) bool {
	const year10000 = 253_402_300_800
	s := t.Unix()
	return s < 0 || s >= year10000
}

func (m *Measurement) validate() error {
	if err := cmp.Or(checkIdentity(m, m.Location), checkScheduled(KindMeasurement, "scheduled_at", m.Scheduled)); err != nil {
		return err
	}
	switch {
	case m.Attempt < 1 || m.Attempt > MaxAttempts:
		return invalid(m.Kind(), "attempt", "%d is not within 1 to %d", m.Attempt, MaxAttempts)
	case m.State != Up && m.State != Down:
		return invalid(m.Kind(), "state", "%q is neither up nor down", m.State)
	case outOfRange(m.Started):
		return invalid(m.Kind(), "started_at", "it is missing, or its year is out of range")
	case (m.State == Down) != (m.Error != nil):
		return invalid(m.Kind(), "error", "it belongs to a measurement that is down, and only there")
	case m.Error != nil && !slices.Contains(errorKinds, m.Error.Kind):
		return invalid(m.Kind(), "error.kind", "%q is not a kind of error", m.Error.Kind)
	case m.Unprobed < 0 || m.Unprobed > 0 && len(m.Addresses) == 0:
		return invalid(m.Kind(), "unprobed", "%d goes with addresses, and is not negative", m.Unprobed)
	case m.TLS != nil && (m.TLS.Expires.UTC().Year() < 0 || m.TLS.Expires.UTC().Year() > 9999):
		return invalid(m.Kind(), "tls.expires_at", "the year %d is out of range", m.TLS.Expires.UTC().Year())
	case m.Captured != nil && m.State == Up:
		return invalid(m.Kind(), "captured", "it belongs to a measurement that is down")
	case m.Trace != "" && !isTraceID(m.Trace):
		return invalid(m.Kind(), "trace", "it is not 32 hexadecimal digits in lower case")
	}
	for i := range m.Addresses {
		switch a := &m.Addresses[i]; {
		case a.State != Up && a.State != Down:
			return invalid(m.Kind(), "addresses", "the state %q is neither up nor down", a.State)
		case (a.State == Down) != (a.Error != nil):
			return invalid(m.Kind(), "addresses", "an error belongs to an address that is down, and only there")
		case a.Error != nil && !slices.Contains(errorKinds, a.Error.Kind):
			return invalid(m.Kind(), "addresses", "%q is not a kind of error", a.Error.Kind)
		}
	}
	return nil
}

// isTraceID is the rule of the W3C for trace ids, but for that of zeros only.
func isTraceID(s string) bool {
	return len(s) == 32 && strings.Trim(s, hexDigits) == ""
}

func (g *Gap) validate() error {
	if err := cmp.Or(checkIdentity(g, g.Location), checkScheduled(KindGap, "first_at", g.First), checkScheduled(KindGap, "last_at", g.Last)); err != nil {
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
	if err := cmp.Or(checkIdentity(r, r.Location), checkScheduled(KindRegistration, "from", r.From)); err != nil {
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

// Validate says why e is not a valid event, wrapping [ErrMalformed], or returns
// nil. What is valid can be encoded.
func Validate(e Event) error {
	switch e := e.(type) {
	case *Measurement:
		if e != nil {
			return e.validate()
		}
	case *Gap:
		if e != nil {
			return e.validate()
		}
	case *Registration:
		if e != nil {
			return e.validate()
		}
	}
	return fmt.Errorf("%w: there is no event", ErrMalformed)
}

// IsToken reports whether s can be a method or the name of a header: RFC 9110, 5.6.2.
func IsToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
