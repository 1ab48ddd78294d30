package web_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/web"
)

// midnight is the schedule of cron monitors here, until the last day of 2000.
func midnight(_ string, _ data.Schedule, after time.Time) time.Time {
	next := after.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	if next.Year() > 2000 {
		return time.Time{}
	}
	return next
}

func TestWhatIsNotHeardOfForTooLongIsNotObserved(t *testing.T) {
	at := func(text string) time.Time {
		got, err := time.Parse("2006-01-02 15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		schedule  data.Schedule
		last, now string
		want      string
	}{
		{data.Schedule{Every: data.Duration(10 * time.Second)}, "2000-03-01 12:00:00", "2000-03-01 12:01:29", "up"},
		{data.Schedule{Every: data.Duration(10 * time.Second)}, "2000-03-01 12:00:00", "2000-03-01 12:01:31", "unknown"},
		{data.Schedule{Every: data.Duration(24 * time.Hour)}, "2000-03-01 12:00:00", "2000-03-02 13:00:59", "up"},
		{data.Schedule{Every: data.Duration(24 * time.Hour)}, "2000-03-01 12:00:00", "2000-03-02 13:01:01", "unknown"},
		{data.Schedule{Cron: "0 0 * * *"}, "2000-03-01 00:00:00", "2000-03-02 01:00:59", "up"},
		{data.Schedule{Cron: "0 0 * * *"}, "2000-03-01 00:00:00", "2000-03-02 01:01:01", "unknown"},
		{data.Schedule{Cron: "0 0 * * *"}, "2000-12-30 00:00:00", "2000-12-31 01:01:01", "unknown"}, // its last
		{data.Schedule{Cron: "0 0 * * *"}, "2000-12-31 00:00:00", "2005-01-01 00:00:00", "up"},      // none was to come
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(at(c.now)))
			s := &window{now: time.Now()}
			m := s.shows("shop", "ber1", data.Up)
			m.Last.Scheduled, m.Registration.Schedule = at(c.last), c.schedule
			h := web.New(web.Options{Store: s, Ending: closing(t), Next: midnight, Status: web.StatusOptions{Labels: []string{"public:yes"}}})
			if got := statusOf(t, h).Monitors[0].State; got != c.want {
				t.Errorf("%+v, last %s, is %s at %s, want %s", c.schedule, c.last, got, c.now, c.want)
			}
		})
	}
}
