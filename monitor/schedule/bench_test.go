package schedule_test

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
)

func hundredThousand(from time.Time) []*data.Registration {
	set := make([]*data.Registration, 100_000)
	for i := range set {
		set[i] = registration(fmt.Sprintf("monitor-%d", i), data.Schedule{Every: data.Duration(time.Minute)}, from)
	}
	return set
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRegister100k applies 100,000 monitors; B/monitor is what the runner
// holds of each beside its registration.
func BenchmarkRegister100k(b *testing.B) {
	start := time.Now()
	set := hundredThousand(start)
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := schedule.NewRunner(schedule.Options{Start: start})
		if err := r.Apply(start, set); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(set)), "B/monitor")
		runtime.KeepAlive(r)
	}
}

// BenchmarkRelease100k runs 100,000 monitors at 60 s for ten seconds: how late
// they are released, and the share of a core that it takes.
func BenchmarkRelease100k(b *testing.B) {
	start := time.Now()
	set := hundredThousand(start)
	for b.Loop() {
		start = time.Now()
		r := schedule.NewRunner(schedule.Options{Start: start})
		if err := r.Apply(start, set); err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		var late []time.Duration
		used, began := cpu(), time.Now()
		for time.Since(began) < 10*time.Second {
			w, err := r.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			now := time.Now()
			for _, d := range w.Due {
				late = append(late, now.Sub(d.Slot.Scheduled))
				r.Done(d)
			}
		}
		share := float64(cpu()-used) / float64(time.Since(began))
		slices.Sort(late)
		b.ReportMetric(100*share, "%core")
		b.ReportMetric(float64(len(late))/10, "slots/s")
		b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "ms-late-p99")
	}
}

func BenchmarkCronNext(b *testing.B) {
	s, err := schedule.Parse("x", data.Schedule{Cron: "*/5 6-18 * * mon-fri", Timezone: "Europe/Berlin"})
	if err != nil {
		b.Fatal(err)
	}
	at := time.Now()
	for b.Loop() {
		at = s.Next(at)
	}
}
