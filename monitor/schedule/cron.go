package schedule

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"

	robfig "github.com/robfig/cron/v3"
)

// A field is one of the five of an expression.
type field struct {
	name     string
	min, max int
	names    []string
}

var (
	months   = strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")
	weekdays = strings.Fields("sun mon tue wed thu fri sat")
	fields   = []field{
		{"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day of month", 1, 31, nil}, {"month", 1, 12, months}, {"day of week", 0, 7, weekdays},
	}
	descriptors = map[string]string{
		"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
		"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
	}
	parser = robfig.NewParser(robfig.Minute | robfig.Hour | robfig.Dom | robfig.Month | robfig.Dow)
)

const star = 1 << 63 // robfig's mark of a field that is * or ?

// cron is an expression in a zone.
type cron struct {
	minute, hour, dom, month, dow uint64
	fixed                         bool
	zone                          *time.Location
}

func parseCron(text, timezone string) (s Schedule, err error) {
	defer func() {
		// The parser panics on some inputs. None that gets past the checks
		// below is known; if one does, it is still the user's to mend.
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("cron %q is not an expression: %v", clip(text), p)
		}
	}()
	zone, err := loadZone(timezone)
	if err != nil {
		return nil, err
	}
	parts, err := split(text)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(strings.Join(parts, " "))
	if err != nil {
		return nil, fmt.Errorf("cron %q: %w", clip(text), err)
	}
	spec, ok := parsed.(*robfig.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("cron %q: write five fields: minute hour day-of-month month day-of-week", clip(text))
	}
	c := &cron{
		minute: spec.Minute, hour: spec.Hour, dom: spec.Dom, month: spec.Month, dow: spec.Dow,
		fixed: !strings.ContainsAny(parts[0]+parts[1], "*?/"), zone: zone,
	}
	if _, ok := c.local(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return nil, fmt.Errorf("cron %q never happens: no month has such a day", clip(text))
	}
	return c, nil
}

func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	if name == "Local" {
		return nil, fmt.Errorf("timezone %q differs from machine to machine: write a name such as Europe/Berlin", clip(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("timezone %q is not known: write a name of the time-zone database, such as Europe/Berlin or UTC", clip(name))
	}
	return zone, nil
}

// split gives the five fields, with what the parser does not understand, or
// takes for something else, put right or refused.
func split(text string) ([]string, error) {
	if whole, ok := descriptors[strings.ToLower(strings.TrimSpace(text))]; ok {
		text = whole
	}
	parts := strings.Fields(text)
	switch {
	case len(parts) > 0 && strings.HasPrefix(parts[0], "@every"):
		return nil, fmt.Errorf("cron %q: write every: and a duration instead", clip(text))
	case len(parts) > 0 && strings.HasPrefix(parts[0], "@"):
		return nil, fmt.Errorf("cron %q: the words are @hourly, @daily, @weekly, @monthly and @yearly", clip(text))
	case strings.Contains(text, "="):
		return nil, fmt.Errorf("cron %q: the zone does not stand in the expression: write timezone: and its name", clip(text))
	case len(parts) != len(fields):
		return nil, fmt.Errorf("cron %q has %d fields: write five: minute hour day-of-month month day-of-week", clip(text), len(parts))
	}
	for i, f := range fields {
		items := strings.Split(parts[i], ",")
		for j, item := range items {
			fixed, err := f.check(item)
			if err != nil {
				return nil, fmt.Errorf("cron %q: %s %q: %w", clip(text), f.name, clip(item), err)
			}
			items[j] = fixed
		}
		parts[i] = strings.Join(items, ",")
	}
	return parts, nil
}

// check judges one item (a, a-b, *, with or without /step) and returns it in the
// form that the parser takes: Sunday as 7 becomes 0.
func (f field) check(item string) (string, error) {
	base, stepText, stepped := strings.Cut(item, "/")
	step := 1
	if stepped {
		n, err := strconv.Atoi(stepText)
		if err != nil || n < 1 || n > f.max-f.min || strings.HasPrefix(stepText, "+") {
			return "", fmt.Errorf("the step must be a number from 1 to %d", f.max-f.min)
		}
		step = n
	}
	if base == "*" || base == "?" {
		return item, nil
	}
	low, high, ranged := strings.Cut(base, "-")
	from, err := f.value(low)
	if err != nil {
		return "", err
	}
	to := from
	switch {
	case ranged:
		if to, err = f.value(high); err != nil {
			return "", err
		}
	case stepped:
		if to = f.max; to == 7 {
			to = max(from, 6) // Sunday is the 0th day first, the 7th only when it is meant
		}
	}
	if to < from {
		return "", fmt.Errorf("the range runs backwards")
	}
	if f.max != 7 || to != 7 {
		return item, nil
	}
	var days []string
	for v := from; v <= to; v += step {
		days = append(days, strconv.Itoa(v%7))
	}
	return strings.Join(days, ","), nil
}

func (f field) value(s string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(s, name) {
			return i + f.min, nil
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < f.min || n > f.max || strings.HasPrefix(s, "+") {
		return 0, fmt.Errorf("%q is not a number from %d to %d", clip(s), f.min, f.max)
	}
	return n, nil
}

// Next walks through the stretches of constant offset that follow t.
func (c *cron) Next(t time.Time) time.Time {
	at := t.UTC().Add(time.Nanosecond) // the earliest that will do
	for range 200 {                    // two changes a year, for longer than any date can be away
		start, end := at.In(c.zone).ZoneBounds()
		_, offset := at.In(c.zone).Zone()
		shift := time.Duration(offset) * time.Second
		before := shift // of the stretch before
		if !start.IsZero() {
			_, o := start.Add(-time.Nanosecond).In(c.zone).Zone()
			before = time.Duration(o) * time.Second
			if c.fixed && at.Equal(start) && c.missed(start.UTC(), before, shift) {
				return at
			}
		}
		wall := at.Add(shift)
		if again := start.Add(before); c.fixed && !start.IsZero() && wall.Before(again.UTC()) {
			wall = again.UTC() // those minutes have been
		}
		if found, ok := c.local(wall); ok {
			if next := found.Add(-shift); end.IsZero() || next.Before(end) {
				return next
			}
		}
		if end.IsZero() {
			break
		}
		at = end.UTC()
	}
	return time.Time{}
}

// missed reports whether the clock, put forward at start, left out a minute that
// is the job's.
func (c *cron) missed(start time.Time, before, after time.Duration) bool {
	if after <= before {
		return false
	}
	found, ok := c.local(start.Add(before))
	return ok && found.Before(start.Add(after))
}

// local is the first matching minute at or after wall, a local time written as if
// it were UTC.
func (c *cron) local(wall time.Time) (time.Time, bool) {
	if cut := wall.Truncate(time.Minute); cut.Before(wall) {
		wall = cut.Add(time.Minute)
	}
	year, month, day := wall.Date()
	hour, minute := wall.Hour(), wall.Minute()
	for last := year + 9; year <= last; { // a 29 February is at most eight years away
		if c.month&(1<<month) == 0 {
			if month++; month > 12 {
				year, month = year+1, 1
			}
			day, hour, minute = 1, 0, 0
			continue
		}
		if c.day(year, month, day) {
			if h, m, ok := c.time(hour, minute); ok {
				return time.Date(year, month, day, h, m, 0, 0, time.UTC), true
			}
		}
		next := time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
		year, month, day = next.Date()
		hour, minute = 0, 0
	}
	return time.Time{}, false
}

// day reports whether the date matches: by either of its two fields when both
// are restricted, by both otherwise.
func (c *cron) day(year int, month time.Month, day int) bool {
	dom := c.dom&(1<<day) != 0
	dow := c.dow&(1<<time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Weekday()) != 0
	if c.dom&star != 0 || c.dow&star != 0 {
		return dom && dow
	}
	return dom || dow
}

// time is the first matching time of day at or after hour:minute.
func (c *cron) time(hour, minute int) (int, int, bool) {
	for h := nextBit(c.hour, hour); h < 24; h = nextBit(c.hour, h+1) {
		from := 0
		if h == hour {
			from = minute
		}
		if m := nextBit(c.minute, from); m < 60 {
			return h, m, true
		}
	}
	return 0, 0, false
}

// nextBit is the lowest bit of set at or after n, 64 when there is none.
func nextBit(set uint64, n int) int {
	return bits.TrailingZeros64(set &^ star >> n << n)
}

// clip bounds what a message repeats.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
