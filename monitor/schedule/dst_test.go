package schedule_test

import (
	"archive/zip"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 2))
}

// zones lists the names of the time-zone database that Go brings along.
func zones(t *testing.T) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	return names
}

// A change is when a zone's offset changes.
type change struct {
	zone *time.Location
	at   time.Time
}

// changes lists every change from 2015 to 2035, once for zones that are the same.
func changes(t *testing.T) []change {
	t.Helper()
	var all []change
	seen := map[string]bool{}
	for _, name := range zones(t) {
		zone, err := time.LoadLocation(name)
		if err != nil {
			continue // a file of the database that is not a zone
		}
		var own []change
		var shape strings.Builder
		at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
		for at.Year() < 2036 {
			_, end := at.In(zone).ZoneBounds()
			if end.IsZero() {
				break
			}
			_, before := end.Add(-time.Second).In(zone).Zone()
			_, after := end.In(zone).Zone()
			if before != after {
				own = append(own, change{zone, end.UTC()})
				fmt.Fprint(&shape, end.Unix(), before, after, ";")
			}
			at = end.UTC()
		}
		if !seen[shape.String()] {
			seen[shape.String()] = true
			all = append(all, own...)
		}
	}
	return all
}

// A job is an expression together with what it means, so that the oracle need not
// parse it.
type job struct {
	text         string
	minute, hour []bool // nil: every
	dom, dow     []bool
	fixed        bool
}

func randomJob(rng *rand.Rand) job {
	var j job
	var parts [5]string
	pick := func(low, high, most int) (string, []bool) {
		set := make([]bool, high+1)
		var items []string
		for range 1 + rng.IntN(most) {
			v := low + rng.IntN(high-low+1)
			set[v] = true
			items = append(items, strconv.Itoa(v))
		}
		return strings.Join(items, ","), set
	}
	step := func(high int) (string, []bool) {
		n, from, text := 2+rng.IntN(high-2), 0, "*"
		if rng.IntN(3) == 0 {
			from = rng.IntN(high)
			text = strconv.Itoa(from)
		}
		set := make([]bool, high+1)
		for v := from; v <= high; v += n {
			set[v] = true
		}
		return text + "/" + strconv.Itoa(n), set
	}
	span := func(low, high, size int) (string, []bool) {
		from := low + rng.IntN(high-low+1)
		to := from + rng.IntN(high-from+1)
		set := make([]bool, size)
		for v := from; v <= to; v++ {
			set[v] = true
		}
		return fmt.Sprintf("%d-%d", from, to), set
	}
	j.fixed = true
	switch rng.IntN(6) {
	case 0:
		parts[0], j.minute = step(59)
		j.fixed = false
	case 1:
		parts[0], j.fixed = []string{"*", "?"}[rng.IntN(2)], false
	case 2:
		parts[0], j.minute = span(0, 59, 60)
	default:
		parts[0], j.minute = pick(0, 59, 3)
	}
	switch rng.IntN(6) {
	case 0:
		parts[1], j.fixed = []string{"*", "?"}[rng.IntN(2)], false
	case 1:
		parts[1], j.hour = step(23)
		j.fixed = false
	case 2:
		parts[1], j.hour = span(0, 23, 24)
	default: // offsets change in the small hours
		parts[1], j.hour = pick(0, 4, 3)
		j.hour = append(j.hour, make([]bool, 24-len(j.hour))...)
	}
	parts[2], parts[3], parts[4] = "*", "*", "*"
	if rng.IntN(6) == 0 {
		parts[2], j.dom = pick(1, 31, 12)
	}
	if rng.IntN(4) == 0 {
		parts[4], j.dow = pick(0, 7, 4)
		j.dow[0] = j.dow[0] || j.dow[7]
	}
	j.text = strings.Join(parts[:], " ")
	return j
}

func in(set []bool, v int) bool { return set == nil || set[v] }

func (j *job) day(dom int, dow time.Weekday) bool {
	if j.dom != nil && j.dow != nil {
		return j.dom[dom] || j.dow[dow]
	}
	return in(j.dom, dom) && in(j.dow, int(dow))
}

// A minute is one minute of real time as the zone's clocks show it.
type minute struct {
	at   time.Time
	wall time.Time // the local time, written as if it were UTC
}

func minutesAround(c change) []minute {
	var list []minute
	for at := c.at.Add(-50 * time.Hour); at.Before(c.at.Add(50 * time.Hour)); at = at.Add(time.Minute) {
		_, offset := at.In(c.zone).Zone()
		list = append(list, minute{at, at.Add(time.Duration(offset) * time.Second).Truncate(time.Minute)})
	}
	return list
}

// expect is the oracle: it looks at every minute, and for a job at a fixed time at
// every minute that a clock that is never changed would show.
func (j *job) expect(list []minute) []time.Time {
	found := map[time.Time]bool{}
	if !j.fixed {
		for _, m := range list {
			if in(j.minute, m.wall.Minute()) && in(j.hour, m.wall.Hour()) && j.day(m.wall.Day(), m.wall.Weekday()) {
				found[m.at] = true
			}
		}
	} else {
		first := map[time.Time]time.Time{}
		for _, m := range list {
			if _, twice := first[m.wall]; !twice {
				first[m.wall] = m.at
			}
		}
		for wall := list[0].wall; wall.Before(list[len(list)-1].wall); wall = wall.Add(time.Minute) {
			if !in(j.minute, wall.Minute()) || !in(j.hour, wall.Hour()) || !j.day(wall.Day(), wall.Weekday()) {
				continue
			}
			at, shown := first[wall]
			if !shown { // the clocks went past it: the first minute that they showed then
				for _, m := range list {
					if m.wall.After(wall) {
						at = m.at
						break
					}
				}
			}
			found[at] = true
		}
	}
	var all []time.Time
	for at := range found {
		all = append(all, at)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

func TestCronAgreesWithTheOracleRoundEveryChangeOfEveryZone(t *testing.T) {
	rng := seeded(t)
	all := changes(t)
	each, stride := 1, 2 // every other, another each time
	if raceEnabled {     // which makes it ten times slower
		stride = 16
	}
	if s := os.Getenv("DST_CASES"); s != "" { // so many at every change, for a long run
		stride = 1
		var err error
		if each, err = strconv.Atoi(s); err != nil {
			t.Fatalf("DST_CASES: %v", err)
		}
	}
	cases, runs := 0, 0
	for i := rng.IntN(stride); i < len(all); i += stride {
		c := all[i]
		list := minutesAround(c)
		from, to := c.at.Add(-48*time.Hour), c.at.Add(48*time.Hour)
		for range each {
			j := randomJob(rng)
			s, err := schedule.Parse("x", data.Schedule{Cron: j.text, Timezone: c.zone.String()})
			if err != nil {
				t.Fatalf("%q: %v", j.text, err)
			}
			var want, got []time.Time
			for _, at := range j.expect(list) {
				if !at.Before(from) && at.Before(to) {
					want = append(want, at)
				}
			}
			for at := s.Next(from.Add(-time.Millisecond)); !at.IsZero() && at.Before(to); at = s.Next(at) {
				got = append(got, at)
			}
			cases++
			runs += len(want)
			if !slices.EqualFunc(got, want, time.Time.Equal) {
				t.Fatalf("%q in %v round %v:\n got %v\nwant %v", j.text, c.zone, c.at, difference(got, want), difference(want, got))
			}
		}
	}
	t.Logf("%d changes, %d cases, %d runs", len(all), cases, runs)
	if len(all) < 1500 {
		t.Errorf("only %d changes of offset were found", len(all))
	}
}

func difference(a, b []time.Time) (only []time.Time) {
	for _, at := range a {
		if !slices.ContainsFunc(b, at.Equal) {
			only = append(only, at)
		}
	}
	return only
}
