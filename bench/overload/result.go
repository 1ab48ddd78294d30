package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/spool"
)

// A result is what became of one load.
type result struct {
	load  load
	usage rig.Usage
	ran   time.Duration // the time that counts

	up, down int64
	errors   map[string]int64
	gaps     map[data.Reason]int64         // slots, of the whole run
	late     []float64                     // ascending; 1 is as late as may be
	took     []time.Duration               // ascending
	shares   map[time.Duration]([]float64) // by interval; ascending
}

// read takes all that is in a spool, and counts the slots of from to to.
func read(dir string, from, to time.Time) (*result, error) {
	s, _, err := spool.Open(spool.Options{Dir: dir, Size: 16 << 30})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r := &result{errors: map[string]int64{}, gaps: map[data.Reason]int64{}, shares: map[time.Duration][]float64{}}
	history, runs := map[string][]*data.Registration{}, map[string]int64{}
	var measured []*data.Measurement
	err = s.Replay(func(m queue.Message) error {
		e, err := data.Decode(m.Value)
		if err != nil {
			return err
		}
		switch e := e.(type) {
		case *data.Registration:
			history[e.Monitor] = []*data.Registration{e}
		case *data.Gap:
			r.gaps[e.Reason] += e.Slots
		case *data.Measurement:
			if !e.Scheduled.Before(from) && e.Scheduled.Before(to) {
				measured = append(measured, e)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, m := range measured {
		runs[m.Monitor]++
		r.measured(m, interval(history[m.Monitor][0]))
	}
	for id, h := range history {
		if slots := schedule.Count(h, from, to); slots > 0 {
			of := interval(h[0])
			r.shares[of] = append(r.shares[of], float64(runs[id])/float64(slots))
		}
	}
	for _, list := range r.shares {
		slices.Sort(list)
	}
	slices.Sort(r.late)
	slices.Sort(r.took)
	return r, nil
}

func interval(r *data.Registration) time.Duration { return r.Schedule.Every.D() }

func (r *result) measured(m *data.Measurement, every time.Duration) {
	r.late = append(r.late, m.Late.Seconds()/min(every, 10*time.Second).Seconds())
	r.took = append(r.took, m.Phases.Total.D())
	if m.State == data.Up {
		r.up++
		return
	}
	r.down++
	r.errors[fmt.Sprintf("%s %s", m.Error.Kind, m.Error.Phase)]++
}

// rate is how many probes were completed in a second.
func (r *result) rate() float64 { return float64(r.up+r.down) / r.ran.Seconds() }

const header = "\toffered/s\tcompleted/s\t÷ flat out\tdown\tlate p50, p99, most\ttook p50, p99 ms\tRSS MiB\tµs a probe\t"

func (r *result) print(w io.Writer, flat float64) {
	ratio := ""
	if flat > 0 {
		ratio = fmt.Sprintf("%.2f", r.rate()/flat)
	}
	all := r.usage.Processor.Seconds() * 1e6 / (r.rate() * r.ran.Seconds())
	fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%s\t%d\t%.3f, %.3f, %.3f\t%.1f, %.1f\t%d\t%.0f\t\n", r.load.name, r.load.rate, r.rate(), ratio, r.down,
		at(r.late, 0.5), at(r.late, 0.99), at(r.late, 1), ms(at(r.took, 0.5)), ms(at(r.took, 0.99)), r.usage.Peak>>20, all)
}

// fairness is the fractions of the monitors of each interval.
func (r *result) fairness(w io.Writer) {
	for _, every := range slices.Sorted(maps.Keys(r.shares)) {
		s := r.shares[every]
		verdict := "fair"
		if at(s, 0) < 0.7*at(s, 0.5) {
			verdict = "UNFAIR"
		}
		fmt.Fprintf(w, "%s, every %s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%s\t\n", r.load.name, every, len(s), at(s, 0), at(s, 0.05), at(s, 0.5), at(s, 1), verdict)
	}
}

// remarks names what did not run, and why a target seemed down.
func (r *result) remarks() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: gaps", r.load.name)
	for _, reason := range slices.Sorted(maps.Keys(r.gaps)) {
		fmt.Fprintf(&b, " %s %d", reason, r.gaps[reason])
	}
	for _, kind := range slices.Sorted(maps.Keys(r.errors)) {
		fmt.Fprintf(&b, "; down: %s %d", kind, r.errors[kind])
	}
	return b.String()
}

// at is a quantile of a list that ascends.
func at[T cmp.Ordered](list []T, share float64) (v T) {
	if len(list) > 0 {
		v = list[min(int(share*float64(len(list))), len(list)-1)]
	}
	return v
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
