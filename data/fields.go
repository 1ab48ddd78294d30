package data

import "time"

// A field is a member of an object that a T is read from.
type field[T any] struct {
	name string // lower-case letters and underscores
	read func(*scanner, *T)
}

// readMembers reads an object whose first member is next, if there is one. Members
// mostly come in the order of fields. What is not among them is skipped; one
// that comes twice, or whose name encoding/json may take for another, fails.
func readMembers[T any](s *scanner, more bool, fields []field[T], v *T) {
	seen, at := uint32(0), len(fields)-1
	for ; more; more = s.next('}') {
		at = (at + 1) % len(fields)
		n := 0
		if !s.named(fields[at].name) {
			for name := s.name(); n < len(fields) && string(name) != fields[at].name; n++ {
				at = (at + 1) % len(fields)
			}
		}
		switch bit := uint32(1) << at; {
		case n == len(fields):
			s.skip(0)
		case seen&bit != 0:
			s.fail()
		default:
			seen |= bit
			fields[at].read(s, v)
		}
	}
}

// named goes past a name and its colon, if they are next and without space.
func (s *scanner) named(name string) bool {
	end := s.i + len(name) + 2
	if end >= len(s.b) || s.b[s.i] != '"' || s.b[end-1] != '"' || s.b[end] != ':' || string(s.b[s.i+1:end-1]) != name {
		return false
	}
	s.i = end + 1
	return true
}

// name reads a member's name and the colon. It wants the name free of what
// encoding/json folds: there, Monitor is monitor, and so is what has other
// letters that fold to these.
func (s *scanner) name() []byte {
	s.expect('"')
	for i := s.i; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			name := s.b[s.i:i]
			s.i = i + 1
			s.expect(':')
			return name
		case !plain[c] || 'A' <= c && c <= 'Z':
			s.fail()
			return nil
		}
	}
	s.fail()
	return nil
}

func readObject[T any](s *scanner, fields []field[T], v *T) {
	readMembers(s, s.begin('{', '}'), fields, v)
}

// readList reads an array of objects; an empty one is nil.
func readList[T any](s *scanner, fields []field[T]) []T {
	var out []T
	for more := s.begin('[', ']'); more; more = s.next(']') {
		var v T
		out = append(out, v)
		readObject(s, fields, &out[len(out)-1])
	}
	return out
}

// word reads one of the known words, and fails at any other.
func word[S ~string](s *scanner, known []S) S {
	raw, escaped, wide := s.quoted()
	for _, k := range known {
		if !escaped && !wide && string(raw) == string(k) {
			return k
		}
	}
	s.fail()
	return ""
}

func (s *scanner) span() Span {
	us := s.int64()
	return span(&us)
}

func (s *scanner) micros() time.Duration { return micros(s.int64()) }

// time reads an instant. The form that we write is read here, others elsewhere.
func (s *scanner) time() time.Time {
	s.peek()
	start := s.i
	s.quoted()
	raw := s.b[start:s.i] // as UnmarshalJSON gets it
	if t, ok := utc(raw); ok {
		return t
	}
	var t instant
	if !s.failed && t.UnmarshalJSON(raw) != nil {
		s.fail()
	}
	return t.time()
}

// utc reads "2026-11-23T21:48:30.120Z", with any digits of fraction up to nine.
func utc(b []byte) (time.Time, bool) {
	const form = `"0000-00-00T00:00:00Z"`
	if len(b) < len(form) || b[5] != '-' || b[8] != '-' || b[11] != 'T' || b[14] != ':' || b[17] != ':' || b[len(b)-2] != 'Z' {
		return time.Time{}, false
	}
	ns, ok := fraction(b[20 : len(b)-2])
	year, month, day := 100*two(b[1:])+two(b[3:]), two(b[6:]), two(b[9:])
	hour, minute, second := two(b[12:]), two(b[15:]), two(b[18:])
	if !ok || year < 0 || month < 1 || month > 12 || day < 1 || uint(hour) > 23 || uint(minute) > 59 || uint(second) > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, ns, time.UTC)
	return t, day <= 28 || t.Day() == day // Date makes March of February 30
}

// two reads two digits; what is none makes it less than -1,000.
func two(b []byte) int {
	tens, ones := int(b[0])-'0', int(b[1])-'0'
	if uint(tens) > 9 || uint(ones) > 9 {
		return -1e6
	}
	return 10*tens + ones
}

// fraction reads a point and one to nine digits as nanoseconds, or nothing.
func fraction(b []byte) (ns int, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != '.' || len(b) == 1 || len(b) > 10 {
		return 0, false
	}
	for i := 1; i < 10; i++ {
		ns *= 10
		if i < len(b) {
			d := uint(b[i] - '0')
			if d > 9 {
				return 0, false
			}
			ns += int(d)
		}
	}
	return ns, true
}
