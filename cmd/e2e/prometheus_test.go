//go:build integration

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// needs returns the path of a program, or skips the test and says how to have it.
func needs(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed, and what it should say is not known: apt-get install --no-install-recommends prometheus", program)
	}
	return path
}

// A prometheus scrapes the daemons of a test, with the rules of deploy/prometheus.
type prometheus struct {
	*process
	url string
}

func newPrometheus(t *testing.T, targets map[string]string) *prometheus {
	t.Helper()
	rules, err := filepath.Abs("../../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config strings.Builder
	fmt.Fprintf(&config, "global: { scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 250ms }\nrule_files: [%s]\nscrape_configs:\n", rules)
	for job, url := range targets {
		fmt.Fprintf(&config, "  - { job_name: %s, scrape_timeout: 200ms, static_configs: [{ targets: [%q] }] }\n", job, strings.TrimPrefix(url, "http://"))
	}
	dir, addr := t.TempDir(), freeAddr(t)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return &prometheus{
		start(t, needs(t, "prometheus"), nil, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
			"--web.listen-address="+addr, "--enable-feature=exemplar-storage"),
		"http://" + addr,
	}
}

// query returns the values of an instant query that are numbers.
func (p *prometheus) query(expr string) (values []string, problem string) {
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Value     []any
				Histogram []any
			}
		}
	}
	if get(p.url+"/api/v1/query?"+url.Values{"query": {expr}}.Encode(), &answer) == 0 {
		return nil, "no answer"
	}
	for _, r := range answer.Data.Result {
		if len(r.Value) == 2 && r.Value[1] != "NaN" {
			values = append(values, fmt.Sprint(r.Value[1]))
		}
	}
	return values, answer.Error
}

// A dashboard is what a test needs to know of one of deploy/grafana.
type dashboard struct {
	UID    string
	Panels []struct {
		Title   string
		Targets []struct{ Expr, RawSQL string }
	}
	Templating struct {
		List []struct {
			Name  string
			Query any
		}
	}
}

func dashboards(t *testing.T) (all []dashboard) {
	t.Helper()
	files, err := filepath.Glob("../../deploy/grafana/dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no dashboards", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(b, &d); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, d)
	}
	return all
}

// watched runs both daemons over Kafka and Postgres, with a target that is up, one that
// is down, one with a certificate and one that is paused.
func watched(t *testing.T) (w *world, hb, co *daemon) {
	t.Helper()
	w = newWorld(t, 2)
	target, secure := newWitness(t), httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	monitors := fmt.Sprintf(`defaults: { every: 200ms, timeout: 150ms, labels: { team: web } }
monitors:
  - { id: up, url: %[1]s/up }
  - { id: down, url: %[1]s/down, expect: { status: [404] } }
  - { id: secure, url: %[2]s/, tls: { insecure_skip_verify: true }, expect: { status: [404] }, traceparent: true }
  - { id: paused, url: %[1]s/paused, paused: true }
`, target.url, secure.URL)
	if err := os.WriteFile(file, []byte(monitors), 0o600); err != nil {
		t.Fatal(err)
	}
	co = w.collector("MONITORINK_METRICS_MONITORS=100")
	hb = w.heartbeat(t.TempDir(), target, 0, "MONITORINK_URLS=", "MONITORINK_MONITORS="+file)
	return w, hb, co
}

// TestMetricsAndRulesSatisfyARealPrometheus also asks it what the dashboard over it asks.
func TestMetricsAndRulesSatisfyARealPrometheus(t *testing.T) {
	t.Parallel()
	promtool := needs(t, "promtool")
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"check", "rules", "rules.yml"}, {"test", "rules", "rules_test.yml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = "../../deploy/prometheus"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	_, hb, co := watched(t)
	p := newPrometheus(t, map[string]string{"heartbeat": hb.url, "collector": co.url})
	eventually(t, 60*time.Second, "measurements are saved, and Prometheus knows", func() bool {
		values, _ := p.query(`monitorink_monitor_up and on () rate(monitorink_store_delay_seconds_count[5s]) > 0`)
		return len(values) == 3
	})
	for _, d := range []*daemon{hb, co} {
		checkMetrics(t, promtool, d)
	}
	everyRuleKnowsItsMetrics(t, p)
	for _, d := range dashboards(t) {
		for _, panel := range d.Panels {
			for _, target := range panel.Targets {
				if target.Expr == "" {
					continue
				}
				expr := strings.NewReplacer("$__rate_interval", "10s", "$job", ".*", "$instance", ".*").Replace(target.Expr)
				eventually(t, 20*time.Second, d.UID+", "+panel.Title+": "+expr, func() bool {
					values, problem := p.query(expr)
					if problem != "" {
						t.Fatalf("%s, %s: %s: %s", d.UID, panel.Title, expr, problem)
					}
					return len(values) > 0
				})
			}
		}
	}
	var exemplars struct{ Data []any }
	eventually(t, 20*time.Second, "a trace as an exemplar", func() bool {
		return get(p.url+"/api/v1/query_exemplars?query=monitorink_probe_duration_seconds_bucket&start=0&end="+fmt.Sprint(time.Now().Unix()+5), &exemplars) == 200 &&
			len(exemplars.Data) > 0
	})
}

// checkMetrics hands what a daemon serves to promtool check metrics.
func checkMetrics(t *testing.T, promtool string, d *daemon) {
	t.Helper()
	res, err := http.Get(d.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = res.Body
	if out, err := cmd.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool check metrics, of %v: %v\n%s", d.cmd.Args, err, out)
	}
}

// everyRuleKnowsItsMetrics: each rule is evaluated without a complaint, and names only
// metrics that there are.
func everyRuleKnowsItsMetrics(t *testing.T, p *prometheus) {
	t.Helper()
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Query, Health, LastError string }
			}
		}
	}
	if get(p.url+"/api/v1/rules", &answer) != 200 || len(answer.Data.Groups) == 0 {
		t.Fatal("Prometheus has no rules")
	}
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			if r.Health == "err" {
				t.Errorf("%s: %s", r.Name, r.LastError)
			}
			for _, metric := range regexp.MustCompile(`[a-z_:]*monitorink_[a-z0-9_:]+`).FindAllString(r.Query, -1) {
				if metric == "monitorink_problem" { // there is none while all is well
					continue
				}
				eventually(t, 20*time.Second, r.Name+" asks for "+metric, func() bool {
					values, _ := p.query("{__name__=" + fmt.Sprintf("%q", metric) + "}")
					return len(values) > 0
				})
			}
		}
	}
}
