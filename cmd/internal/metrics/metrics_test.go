package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/monitorink/monitorink/cmd/internal/metrics"
	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/collector"
	"github.com/monitorink/monitorink/monitor/forwarder"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/pipeline"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/store/postgres"
	"github.com/monitorink/monitorink/web"
)

const trace = "4bf92f3577b34da6a3ce929d0e0e4736"

func scrape(t testing.TB, h http.Handler, accept string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d: %v\n%s", w.Code, err, b)
	}
	return string(b)
}

// lagging is a store that is behind with its rollups.
type lagging struct{ store.Store }

func (lagging) Lag(context.Context) (store.Lag, error) {
	return store.Lag{Pending: 7, Age: 3 * time.Second}, nil
}

// everything is a registry with all that both daemons have, and a value in each.
func everything(t testing.TB) *metrics.Registry {
	t.Helper()
	reg := metrics.New("v1")
	st := lagging{memory.New(memory.Options{})}
	reg.Observe()(measurement("shop", data.Down, trace))
	if _, err := reg.Saver(st).Save(t.Context(), []data.Event{measurement("shop", data.Up, trace)}); err != nil {
		t.Fatal(err)
	}
	reg.Monitors(st, 10)
	reg.Rollups(st)
	stages := []pipeline.StageStats{{Stage: "save"}}
	reg.Queue(func() queue.Stats { return queue.Stats{Depth: 9, Bytes: 25, Capacity: 100} }, true)
	reg.Heartbeat(func() heartbeat.Stats {
		return heartbeat.Stats{Checkpoint: time.Now(), Gaps: map[data.Reason]int64{data.Overload: 1}, Stages: stages}
	})
	reg.Reload(func() metrics.Reload { return metrics.Reload{Success: time.Now()} })
	reg.Collector(func() collector.Stats {
		return collector.Stats{Saved: map[data.Kind]int64{data.KindGap: 1}, Stages: stages}
	})
	reg.Forwarder(func() forwarder.Stats { return forwarder.Stats{Stages: stages} })
	reg.Subscription(func() kafka.SubscriptionStats { return kafka.SubscriptionStats{} })
	reg.Postgres(func() postgres.Stats { return postgres.Stats{} })
	reg.Ready(func() []web.Problem { return []web.Problem{{Name: "queue"}, {Name: "store"}, {Name: "store"}} })
	reg.Refused()("token")
	reg.Requests(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	listening, dropped := reg.Listeners()
	listening(3)
	dropped()
	return reg
}

func measurement(monitor string, state data.State, trace string) *data.Measurement {
	started := time.Now().Add(-time.Second)
	m := &data.Measurement{
		Monitor: monitor, Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: data.Millis(started), Attempt: 1,
		State: state, Started: started, Method: "GET", URL: "https://shop.example/", Trace: trace,
		TLS:    &data.TLS{Version: "TLS 1.3", Expires: time.Unix(1_800_000_000, 0)},
		Phases: data.Phases{Total: data.SpanOf(20 * time.Millisecond)},
	}
	if state == data.Down {
		m.Error = &data.Error{Kind: data.ErrTimeout, Message: "late"}
	}
	return m
}

func TestMetricsKeepToPrometheusConventions(t *testing.T) {
	text := scrape(t, everything(t).Handler(), "text/plain")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, name := range []string{
		"save_duration_seconds_bucket{outcome=\"saved\"", "store_delay_seconds_bucket", "probe_duration_seconds_bucket", "probe_late_seconds_bucket",
		"http_request_duration_seconds_count{code=\"404\",method=\"GET\",route=\"\"} 1", "rollup_lag_seconds 3", "rollup_pending_buckets 7",
		"event_listeners 3", "event_listeners_dropped_total 1", "ready 0", "queue_used_ratio 0.25", "problem{name=\"store\"} 1", "build_info{version=\"v1\"} 1",
	} {
		if !strings.Contains(text, "\nmonitorink_"+name) {
			t.Errorf("there is no %s", name)
		}
	}
	for _, name := range []string{"go_goroutines", "process_cpu_seconds_total", "process_open_fds"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestOpenMetricsHasEachFamilyOnceAndTraces(t *testing.T) {
	text := scrape(t, everything(t).Handler(), "application/openmetrics-text; version=1.0.0")
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) `).FindAllStringSubmatch(text, -1) {
		if seen[m[1]] && !strings.HasPrefix(m[1], "go_") { // that of Go is not ours
			t.Errorf("%s has two types: OpenMetrics leaves the _total of counters out of a family's name", m[1])
		}
		seen[m[1]] = true
	}
	if !strings.HasSuffix(text, "# EOF\n") || len(seen) < 50 {
		t.Errorf("it is no OpenMetrics: %d families", len(seen))
	}
	for _, name := range []string{"monitorink_probe_duration_seconds_bucket", "monitorink_store_delay_seconds_bucket"} {
		if !regexp.MustCompile(`(?m)^` + name + `\{.* # \{trace_id="` + trace + `"\}`).MatchString(text) {
			t.Errorf("%s has no trace as an exemplar", name)
		}
	}
}

func TestRequestsAreCountedByRouteAndNotByPath(t *testing.T) {
	reg := metrics.New("v1")
	h := reg.Requests(web.New(web.Options{Store: memory.New(memory.Options{})}))
	srv := httptest.NewServer(h)
	defer srv.Close()
	for i := range 30 {
		r, err := http.NewRequestWithContext(t.Context(), []string{"GET", "BREW"}[i%2], fmt.Sprintf("%s/api/v1/monitors/m%d/gaps", srv.URL, i), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	text := scrape(t, reg.Handler(), "text/plain")
	for _, want := range []string{
		`monitorink_http_request_duration_seconds_count{code="404",method="GET",route="/api/v1/monitors/{id}/gaps"} 15`,
		`monitorink_http_request_duration_seconds_count{code="405",method="other",route="/api/v1/monitors/{id}/gaps"} 15`,
		"monitorink_http_requests_in_flight 0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if n := strings.Count(text, "monitorink_http_request_duration_seconds_count"); n != 2 {
		t.Errorf("there are %d series of requests, want 2", n)
	}
}

func TestAnswersCanStillBeFlushed(t *testing.T) {
	h := metrics.New("v1").Requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
}

func TestSingleMonitorsHaveSeriesUpToTheLimit(t *testing.T) {
	st := memory.New(memory.Options{})
	gone := &data.Registration{
		Monitor: "a-gone", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", From: data.Millis(time.Now()), Removed: true,
	}
	events := []data.Event{gone}
	for i := range 5 {
		events = append(events, measurement(fmt.Sprintf("m%d", i), []data.State{data.Up, data.Down}[i%2], ""))
	}
	if refused, err := st.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatal(refused, err)
	}
	for _, tc := range []struct{ most, want int }{{1, 1}, {4, 4}, {5, 5}, {6, 5}} {
		reg := metrics.New("v1")
		m := reg.Monitors(st, tc.most)
		text := scrape(t, reg.Handler(), "text/plain")
		for name, value := range map[string]string{
			"monitor_up": "1", "monitor_last_duration_seconds": "0.02", "monitor_certificate_expiry_timestamp_seconds": `1.8e\+09`, "monitor_last_timestamp_seconds": `\d.*`,
		} {
			if !regexp.MustCompile(`(?m)^monitorink_` + name + `\{location="ber1",monitor="m0"\} ` + value + `$`).MatchString(text) {
				t.Errorf("at most %d: there is no %s of m0", tc.most, name)
			}
			if n := strings.Count(text, "\nmonitorink_"+name+"{"); n != tc.want {
				t.Errorf("at most %d: %d series %s, want %d", tc.most, n, name, tc.want)
			}
		}
		if left := tc.most < 5; m.Left() != left || strings.Contains(text, "monitorink_monitor_series_complete 0\n") != left {
			t.Errorf("at most %d: left out some: %v", tc.most, m.Left())
		}
	}
}

// silent is a store that does not answer.
type silent struct{ store.Store }

var errAway = errors.New("away")

func (silent) Monitors(context.Context, store.MonitorQuery) (store.Page[store.MonitorStatus], error) {
	return store.Page[store.MonitorStatus]{}, errAway
}
func (silent) Lag(context.Context) (store.Lag, error) { return store.Lag{}, errAway }
func (silent) Save(context.Context, []data.Event) ([]store.Refusal, error) {
	return nil, errAway
}

func TestAStoreThatIsAwayDoesNotBreakTheScrape(t *testing.T) {
	reg := metrics.New("v1")
	reg.Monitors(silent{}, 5)
	reg.Rollups(silent{})
	if _, err := reg.Saver(silent{}).Save(t.Context(), []data.Event{measurement("shop", data.Up, "")}); !errors.Is(err, errAway) {
		t.Error(err)
	}
	text := scrape(t, reg.Handler(), "text/plain")
	for _, want := range []string{
		"monitorink_monitor_series_complete 0\n", `monitorink_save_duration_seconds_count{outcome="failed"} 1`, "monitorink_store_delay_seconds_count 0\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if strings.Contains(text, "rollup_lag") {
		t.Error("there is a lag that nobody knows")
	}
}

func BenchmarkObserve(b *testing.B) {
	for name, trace := range map[string]string{"plain": "", "traced": trace} {
		observe, m := metrics.New("v1").Observe(), measurement("shop", data.Up, trace)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				observe(m)
			}
		})
	}
}
