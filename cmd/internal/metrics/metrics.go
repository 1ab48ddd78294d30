// Package metrics turns the figures of the daemons into Prometheus metrics. There
// are no labels per monitor, whose number is the user's and not ours, but where
// [Registry.Monitors] is asked for some.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/web"
)

const namespace = "monitorink"

// A Registry holds the metrics of one process.
type Registry struct{ reg *prometheus.Registry }

// New returns a registry with the figures of the Go runtime, the process and the
// build.
func New(version string) *Registry {
	r := &Registry{reg: prometheus.NewRegistry()}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the version is a label.",
		ConstLabels: prometheus.Labels{"version": version},
	}, func() float64 { return 1 })
	r.reg.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// Handler serves the metrics: as text, as OpenMetrics with exemplars, or, with native
// histograms, in the binary form, whichever the scraper asks for.
func (r *Registry) Handler() http.Handler {
	return promhttp.HandlerFor(r.reg, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// Ready adds whether the daemon is ready, and if not, why.
func (r *Registry) Ready(problems func() []web.Problem) {
	r.reg.MustRegister(source(func(emit emit) {
		list := problems()
		emit.gauge("ready", "1 while /readyz says 200.", b2f(len(list) == 0))
		seen := map[string]bool{}
		for _, p := range list {
			if !seen[p.Name] {
				emit.gauge("problem", "1 for each problem that /readyz names.", 1, "name", p.Name)
			}
			seen[p.Name] = true
		}
	}))
}

// Queue adds the figures of the local queue, on disk or in memory.
func (r *Registry) Queue(stats func() queue.Stats, disk bool) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		used := s.Depth
		if disk {
			used = s.Bytes
		}
		emit.gauge("queue_used_ratio", "How much of its capacity the local queue has used; 1: it is full.", float64(used)/float64(max(s.Capacity, 1)))
		emit.gauge("queue_depth", "Messages of the local queue that are not settled.", float64(s.Depth))
		emit.gauge("queue_bytes", "Bytes that the local queue holds.", float64(s.Bytes))
		emit.gauge("queue_capacity", "Where the local queue is full: bytes on disk, messages in memory.", float64(s.Capacity))
		emit.gauge("queue_oldest_seconds", "Age of the oldest message that is not settled.", s.Oldest.Seconds())
		emit.gauge("queue_full", "1 while the local queue takes nothing.", b2f(s.Full))
		emit.counter("queue_dead_letters_total", "Messages set aside among the dead letters.", float64(s.DeadLetters))
		emit.counter("queue_torn_bytes_total", "Bytes of half-written records cut from the end of the spool.", float64(s.TornBytes))
		emit.counter("queue_corrupt_records_total", "Damaged records of the spool that were skipped.", float64(s.Corrupt))
	}))
}

// Heartbeat adds the figures of a heartbeat.
func (r *Registry) Heartbeat(stats func() heartbeat.Stats) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		emit.gauge("monitors", "Monitors that are scheduled.", float64(s.Monitors))
		emit.gauge("definitions_set_aside", "Persisted definitions that could not be read at the start and were set aside; a whole file counts as one.", float64(s.SetAside))
		emit.gauge("probes_in_flight", "Probes under way.", float64(s.InFlight))
		emit.counter("probes_total", "Measurements made, by state.", float64(s.Up), "state", "up")
		emit.counter("probes_total", "Measurements made, by state.", float64(s.Down), "state", "down")
		for reason, n := range s.Gaps {
			emit.counter("gap_slots_total", "Slots that were not measured, by reason.", float64(n), "reason", string(reason))
		}
		emit.counter("slots_held_total", "Slots that had to wait because of a cap for their host.", float64(s.Held))
		emit.counter("results_undecided_total", "Results that were not in the queue when the process ended.", float64(s.Undecided))
		emit.counter("attempts_abandoned_total", "Later attempts that were called for and not made: the next slot came first, or there was no room.", float64(s.Abandoned))
		emit.counter("scheduling_delay_seconds_total", "How late heartbeat got to run, over all beats of its pulse.", s.Delay.Seconds())
		emit.gauge("processor_wait_seconds", "What it took lately, again and again, to get a processor.", s.Contention.Seconds())
		emit.counter("publish_errors_total", "Tries to put results into the local queue that failed.", float64(s.PublishErrors))
		if !s.Checkpoint.IsZero() {
			emit.gauge("checkpoint_timestamp_seconds", "The instant up to which every slot is accounted for.", seconds(s.Checkpoint))
		}
		emit.gauge("clock_behind_seconds", "How far the clock is behind what is accounted for; nothing is probed until it has caught up.", s.Behind.Seconds())
		emit.counter("clock_steps_total", "Steps of the wall clock, by direction.", float64(s.ClockForward), "direction", "forward")
		emit.counter("clock_steps_total", "Steps of the wall clock, by direction.", float64(s.ClockBack), "direction", "back")
		stages(emit, "heartbeat", s.Stages)
	}))
}

// A Reload is what has become of the monitors' files when they were last read.
type Reload struct {
	Times   int64     // they were read since the start
	Good    bool      // all of them
	Bad     int       // things that are wrong
	Success time.Time // when all of them were good; zero: never
}

// Reload adds the figures of the monitors' files.
func (r *Registry) Reload(stats func() Reload) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		emit.counter("reloads_total", "How often the monitors were read since the start.", float64(s.Times))
		emit.gauge("reload_ok", "1 while all monitors are as their files last said.", b2f(s.Good))
		emit.gauge("reload_bad_monitors", "Things that are wrong with the monitors; what they concern keeps its last good definition.", float64(s.Bad))
		if !s.Success.IsZero() {
			emit.gauge("reload_success_timestamp_seconds", "When the monitors were last read and all were good.", seconds(s.Success))
		}
	}))
}

// Collector adds the figures of a collector.
func (r *Registry) Collector(stats func() collector.Stats) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		for kind, n := range s.Saved {
			emit.counter("events_saved_total", "Events that the store has, by kind.", float64(n), "kind", string(kind))
		}
		emit.counter("events_refused_total", "Events set aside among the dead letters.", float64(s.Refused))
		emit.counter("save_errors_total", "Tries to save a batch that failed.", float64(s.SaveErrors))
		emit.gauge("store_failing", "1 while the store does not save.", b2f(s.Failing != nil))
		stages(emit, "collector", s.Stages)
	}))
}

func stages(emit emit, name string, list []pipeline.StageStats) {
	for _, s := range list {
		emit.counter("pipeline_values_total", "Values that came out of a stage.", float64(s.Out), "pipeline", name, "stage", s.Stage)
		emit.gauge("pipeline_queued", "Values that wait for a stage.", float64(s.Queued), "pipeline", name, "stage", s.Stage)
		emit.gauge("pipeline_workers", "Workers of a stage.", float64(s.Workers), "pipeline", name, "stage", s.Stage)
	}
}

// A source is a Prometheus collector that asks for its figures when it is asked.
type source func(emit)

// Describe sends nothing: the source is unchecked.
func (source) Describe(chan<- *prometheus.Desc) {}

// Collect sends what the source has to tell.
func (s source) Collect(ch chan<- prometheus.Metric) { s(emit(ch)) }

type emit chan<- prometheus.Metric

func (e emit) gauge(name, help string, v float64, labels ...string) {
	e.send(prometheus.GaugeValue, name, help, v, labels)
}

func (e emit) counter(name, help string, v float64, labels ...string) {
	e.send(prometheus.CounterValue, name, help, v, labels)
}

func (e emit) send(kind prometheus.ValueType, name, help string, v float64, pairs []string) {
	var names, values []string
	for i := 0; i+1 < len(pairs); i += 2 {
		names, values = append(names, pairs[i]), append(values, pairs[i+1])
	}
	desc := prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, names, nil)
	e <- prometheus.MustNewConstMetric(desc, kind, v, values...)
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
