package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// first is the ordinal of the first pod of w.
func first(w workload) int32 {
	if s, ok := w.value.(*appsv1.StatefulSet); ok && s.Spec.Ordinals != nil {
		return s.Spec.Ordinals.Start
	}
	return 0
}

// shards says when the heartbeats would not have each monitor exactly once.
func (c *checker) shards() {
	for _, w := range c.workloads() {
		for _, container := range w.containers() {
			if !ours(container) || program(container) != "heartbeat" {
				continue
			}
			want := fmt.Sprintf("%d/%d", 1, replicas(w))
			if got := c.variables(w, container)["MONITORINK_SHARD"]; got != want {
				c.add(w, "MONITORINK_SHARD of its first pod is %q and not %q: ordinals.start is 1, and N is the replicas, which the folder shards among the transformers sees to", got, want)
			}
		}
	}
}

// maxConfigMap is what the API server takes, less what it and the names need.
const maxConfigMap = 1<<20 - 4096

// sizes says what a ConfigMap cannot hold, and whether the migrations are all there.
func (c *checker) sizes() {
	for _, o := range c.set {
		m, ok := o.value.(*corev1.ConfigMap)
		if !ok {
			continue
		}
		size := 0
		for key, text := range m.Data {
			size += len(key) + len(text)
		}
		if size > maxConfigMap {
			c.add(o, "it has %d bytes, and %d are allowed", size, maxConfigMap)
		}
	}
	for _, w := range c.workloads() {
		if w.template.Labels["app.kubernetes.io/component"] == "migrate" {
			c.migrations(w)
		}
	}
}

var version = regexp.MustCompile(`^V(\d+)__.*\.sql$`)

// migrations holds Flyway's Job to flyway/sql.
func (c *checker) migrations(w workload) {
	files, err := filepath.Glob(filepath.Join(root, "flyway", "sql", "*.sql"))
	if err != nil || len(files) == 0 {
		c.add(w, "flyway/sql has no migrations: %v", err)
		return
	}
	newest := 0
	has := map[string]bool{}
	for _, name := range c.filesOf(w, "sql") {
		has[name] = true
	}
	for _, file := range files {
		name := filepath.Base(file)
		if m := version.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1])
			newest = max(newest, n)
		}
		if !has[name] {
			c.add(w, "it has no %s: list it in flyway/kustomization.yaml", name)
		}
	}
	if want := fmt.Sprintf("migrate-v%d", newest); w.meta.Name != want {
		c.add(w, "the newest migration is V%d, so that its name is %s: a Job cannot be changed, only followed by another", newest, want)
	}
}

const rulesHead = `# Made of deploy/prometheus/rules.yml, by go generate in deploy/kubernetes/check.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: monitorink
  labels:
    app.kubernetes.io/part-of: monitorink
spec:
`

// prometheusRules makes a PrometheusRule of deploy/prometheus/rules.yml.
func prometheusRules() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, "deploy", "prometheus", "rules.yml"))
	if err != nil {
		return nil, err
	}
	_, groups, ok := strings.Cut(string(text), "\ngroups:\n")
	if !ok {
		return nil, errors.New("deploy/prometheus/rules.yml has no groups")
	}
	var b strings.Builder
	b.WriteString(rulesHead + "  groups:\n")
	for line := range strings.Lines(groups) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return []byte(b.String()), nil
}
