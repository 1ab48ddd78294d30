package schedule

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	_ "time/tzdata" // so that zones are there on every machine

	"github.com/monitorink/monitorink/data"
)

// A Schedule lists instants in UTC and whole milliseconds. It may be used by
// several goroutines.
type Schedule interface {
	// Next returns the first instant strictly after t, or the zero time when
	// there is none.
	Next(t time.Time) time.Time
}

// Parse returns the schedule of the monitor id. Its errors say what is wrong and
// what to write.
func Parse(id string, s data.Schedule) (Schedule, error) {
	switch {
	case s.Every != 0 && s.Cron != "":
		return nil, fmt.Errorf("every and cron exclude each other: write one of them")
	case s.Cron != "":
		return parseCron(s.Cron, s.Timezone)
	case s.Timezone != "":
		return nil, fmt.Errorf("timezone belongs to cron: an interval has none")
	}
	d := s.Every.D()
	switch {
	case d < data.MinInterval:
		return nil, fmt.Errorf("every %v is too short: the shortest interval is %v", d, data.MinInterval)
	case d%time.Millisecond != 0:
		return nil, fmt.Errorf("every %v is not a whole number of milliseconds", d)
	}
	return every{phase: Phase(id, d), interval: d.Milliseconds()}, nil
}

// ParseDefault reads "@every 10s", or a cron expression in UTC.
func ParseDefault(text string) (data.Schedule, error) {
	text = strings.TrimSpace(text)
	s := data.Schedule{Cron: text}
	if rest, ok := strings.CutPrefix(text, "@every"); ok {
		d, err := data.ParseDuration(strings.TrimSpace(rest))
		if err != nil {
			return s, err
		}
		s = data.Schedule{Every: data.Duration(d)}
	}
	_, err := Parse("", s)
	return s, err
}

// Phase is where within its interval, in milliseconds, the monitor id has its
// slots: the 64-bit FNV-1a hash of the id modulo the interval.
func Phase(id string, interval time.Duration) int64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return int64(h.Sum64() % uint64(interval.Milliseconds()))
}

// every is phase + k·interval, in milliseconds since the Unix epoch.
type every struct{ phase, interval int64 }

func (e every) Next(t time.Time) time.Time { return time.UnixMilli(e.after(t.UnixMilli())).UTC() }

// after is the first instant after ms.
func (e every) after(ms int64) int64 {
	k := (ms - e.phase) / e.interval
	if (ms-e.phase)%e.interval < 0 {
		k--
	}
	return e.phase + (k+1)*e.interval
}

// count is how many instants lie in [from, to).
func (e every) count(from, to int64) int64 {
	first := e.after(from - 1)
	if first >= to {
		return 0
	}
	return (to-1-first)/e.interval + 1
}
