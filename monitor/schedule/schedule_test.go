package schedule_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func TestPhaseIsPinned(t *testing.T) {
	for id, want := range map[string]int64{"shop": 2041, "nightly-report": 9131, "": 6037, "ü/日本": 5935} {
		if got := schedule.Phase(id, 10*time.Second); got != want {
			t.Errorf("Phase(%q, 10s) = %d, want %d", id, got, want)
		}
	}
}

func TestIntervalsNeverDriftAndKeepTheirPhase(t *testing.T) {
	s, err := schedule.Parse("shop", data.Schedule{Every: data.Duration(700 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	phase := schedule.Phase("shop", 700*time.Millisecond)
	for _, from := range []int64{0, 1, -5000, phase, phase - 1, 1_800_000_000_123} {
		next := s.Next(time.UnixMilli(from)).UnixMilli()
		if next <= from || next > from+700 || ((next-phase)%700+700)%700 != 0 {
			t.Errorf("Next(%d) = %d", from, next)
		}
	}
}

func TestParseSaysWhatToWrite(t *testing.T) {
	for _, c := range []struct{ cron, zone, want string }{
		{"TZ=UTC", "", "timezone:"},
		{"TZ=UTC 0 0 * * *", "", "timezone:"},
		{"CRON_TZ=", "", "timezone:"},
		{"@every 10ms", "", "every:"},
		{"@fortnightly", "", "@daily"},
		{"*/61 * * * *", "", "from 1 to 59"},
		{"0 0 31 2 *", "", "never"},
		{"0 0 * * 8", "", "from 0 to 7"},
		{"60 0 * * *", "", "from 0 to 59"},
		{"5-1 0 * * *", "", "backwards"},
		{"0 0 0 * * *", "", "five"},
		{"", "Europe/Berlin", "timezone belongs to cron"},
		{"0 0 * * *", "Europe/Atlantis", "Europe/Berlin"},
		{"0 0 * * *", "Local", "machine"},
		{"0 0 * * mon-", "", "not a number"},
		{", * * * *", "", "not a number"},
		{"+1 * * * *", "", "not a number"},
	} {
		_, err := schedule.Parse("x", data.Schedule{Cron: c.cron, Timezone: c.zone})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q in %q: %v, want it to say %q", c.cron, c.zone, err, c.want)
		}
	}
	for _, d := range []time.Duration{0, -time.Second, 99 * time.Millisecond, 1500 * time.Microsecond * 1001} {
		if _, err := schedule.Parse("x", data.Schedule{Every: data.Duration(d)}); err == nil {
			t.Errorf("every %v is taken", d)
		}
	}
}

func TestSundayMayBeSeven(t *testing.T) {
	for _, c := range []struct {
		expression string
		want       string
	}{
		{"0 0 * * 7", "Sun"}, {"0 0 * * 5-7", "Fri Sat Sun"}, {"0 0 * * 1-7/3", "Mon Thu Sun"}, {"0 0 * * 7/2", "Sun"}, {"0 0 * * 3/2", "Wed Fri"}, {"0 0 * * sun,7,sat", "Sat Sun"},
	} {
		s, err := schedule.Parse("x", data.Schedule{Cron: c.expression})
		if err != nil {
			t.Errorf("%q: %v", c.expression, err)
			continue
		}
		var days []string
		end := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) // a Monday
		for at := s.Next(end.AddDate(0, 0, -7).Add(-1)); at.Before(end); at = s.Next(at) {
			days = append(days, at.Format("Mon"))
		}
		if got := strings.Join(days, " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.expression, got, c.want)
		}
	}
}

func TestParseDefault(t *testing.T) {
	if s, err := schedule.ParseDefault("@every 10s"); err != nil || s.Every.D() != 10*time.Second {
		t.Errorf("@every 10s: %+v, %v", s, err)
	}
	if s, err := schedule.ParseDefault("0 6 * * mon-fri"); err != nil || s.Cron != "0 6 * * mon-fri" {
		t.Errorf("cron: %+v, %v", s, err)
	}
	for _, text := range []string{"", "@every", "@every 10", "every 10s", "10s"} {
		if _, err := schedule.ParseDefault(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"* * * * *", "TZ=UTC", "TZ=0", "CRON_TZ=", "*/61 * * * *", "0 0 31 2 *", "1-5/2,7 ? * jan-dec sun", "@daily", "0 0 29 2 1"} {
		f.Add(s, "Europe/Berlin")
	}
	f.Fuzz(func(t *testing.T, text, zone string) {
		s, err := schedule.Parse("x", data.Schedule{Cron: text, Timezone: zone})
		if err != nil || text == "" {
			return
		}
		at := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		for range 5 {
			next := s.Next(at)
			if next.IsZero() {
				return
			}
			if !next.After(at) {
				t.Fatalf("%q: Next(%v) = %v", text, at, next)
			}
			at = next
		}
	})
}

// history is three definitions of one monitor and its removal.
func history(start time.Time) []*data.Registration {
	reg := func(minutes int, s data.Schedule) *data.Registration {
		return &data.Registration{Monitor: "m", Location: "l", From: start.Add(time.Duration(minutes) * time.Minute), Schedule: s}
	}
	removed := reg(30, data.Schedule{})
	removed.Removed = true
	return []*data.Registration{
		removed, reg(10, data.Schedule{Cron: "* * * * *"}), reg(0, data.Schedule{Every: data.Duration(7 * time.Second)}),
		reg(10, data.Schedule{Cron: "* * * * *"}), reg(20, data.Schedule{Every: data.Duration(time.Minute)}),
	}
}

func TestSlotsFollowTheHistoryWhateverItsOrder(t *testing.T) {
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	h := history(start)
	got := slices.Collect(schedule.Slots(h, start.Add(-time.Hour), start.Add(time.Hour)))
	counts := map[int]int{}
	for _, s := range got {
		counts[int(s.Scheduled.Sub(start).Minutes())/10]++
	}
	if counts[0] < 85 || counts[0] > 86 || counts[1] != 10 || counts[2] != 10 || len(counts) != 3 {
		t.Errorf("slots by ten minutes: %v", counts)
	}
	slices.Reverse(h)
	if again := slices.Collect(schedule.Slots(h, start.Add(-time.Hour), start.Add(time.Hour))); !slices.Equal(got, again) {
		t.Error("the order of the history matters")
	}
}

func TestSpanTellsWhatSlotsLists(t *testing.T) {
	rng := seeded(t)
	start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for range 300 {
		from := start.Add(time.Duration(rng.IntN(40*60_000)) * time.Millisecond)
		to := from.Add(time.Duration(rng.IntN(20*60_000)) * time.Millisecond)
		list := slices.Collect(schedule.Slots(history(start), from, to))
		run := schedule.Span(history(start), from, to)
		if n := schedule.Count(history(start), from, to); n != int64(len(list)) {
			t.Fatalf("[%v, %v): Count says %d, Slots lists %d", from, to, n, len(list))
		}
		if run.Slots != int64(len(list)) {
			t.Fatalf("[%v, %v): Span counts %d, Slots lists %d", from, to, run.Slots, len(list))
		}
		if len(list) > 0 && (!run.First.Equal(list[0].Scheduled) || !run.Last.Equal(list[len(list)-1].Scheduled)) {
			t.Fatalf("[%v, %v): %+v, want %v to %v", from, to, run, list[0].Scheduled, list[len(list)-1].Scheduled)
		}
		for _, s := range list {
			if s.Scheduled.Before(from) || !s.Scheduled.Before(to) {
				t.Fatalf("%v is not in [%v, %v)", s.Scheduled, from, to)
			}
		}
	}
}
