package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write components/monitoring/rules.yaml anew")

// overlays are all that a user may apply.
var overlays = []string{"dev", "operators", "cloud/confluent", "cloud/aiven"}

func rendered(t testing.TB, overlay string) string {
	t.Helper()
	text, err := render(filepath.Join("..", "overlays", overlay))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryOverlayIsAsItShouldBe(t *testing.T) {
	for _, overlay := range overlays {
		objects, wrong := check([]byte(rendered(t, overlay)))
		for _, w := range wrong {
			t.Errorf("%s: %s", overlay, w)
		}
		if len(objects.workloads()) == 0 {
			t.Errorf("%s has nothing that runs", overlay)
		}
	}
}

func TestNoOverlayIsForgotten(t *testing.T) {
	var found []string
	err := filepath.WalkDir(filepath.Join("..", "overlays"), func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "kustomization.yaml" {
			dir, _ := filepath.Rel(filepath.Join("..", "overlays"), filepath.Dir(path))
			found = append(found, filepath.ToSlash(dir))
		}
		return err
	})
	for _, overlay := range found {
		if !slices.Contains(overlays, overlay) {
			t.Errorf("overlays/%s is not in the list of overlays above", overlay)
		}
	}
	if err != nil || len(found) != len(overlays) {
		t.Errorf("%v are there, want %v: %v", found, overlays, err)
	}
}

// TestTheSchemasHold is a second opinion: the published schemas, strictly, by the
// program that KUBERNETES_VALIDATE names, as make test-kubernetes has it.
func TestTheSchemasHold(t *testing.T) {
	validate := os.Getenv("KUBERNETES_VALIDATE")
	if validate == "" {
		t.Skip("KUBERNETES_VALIDATE names no program")
	}
	for _, overlay := range overlays {
		file := filepath.Join(t.TempDir(), "rendered.yaml")
		if err := os.WriteFile(file, []byte(rendered(t, overlay)), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := command(".", validate, "--strict", "--quiet", "--no-warn", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", overlay, err, out)
		}
	}
}

// TestSecretsOfUsersAreInTheDocs: each one that nobody else makes is made by a command
// of docs/kubernetes.md.
func TestSecretsOfUsersAreInTheDocs(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(root, "docs", "kubernetes.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range yours {
		for _, key := range keys {
			made := false
			for _, line := range strings.Split(string(docs), "\n") {
				made = made || strings.Contains(line, "create secret generic "+name+" ") && strings.Contains(line, "="+key+"=")
			}
			if !made {
				t.Errorf("no command of docs/kubernetes.md makes the Secret %s with the key %s", name, key)
			}
		}
	}
}

// TestTheRulesAreThoseOfPrometheus: the PrometheusRule is made of deploy/prometheus/rules.yml.
func TestTheRulesAreThoseOfPrometheus(t *testing.T) {
	rules, err := prometheusRules()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "components", "monitoring", "rules.yaml")
	if *update {
		if err := os.WriteFile(file, rules, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, rules) {
		t.Errorf("components/monitoring/rules.yaml is not what deploy/prometheus/rules.yml makes (%v): go generate, here, and commit it", err)
	}
}

// TestAnOverlayOfYourOwn renders the one of docs/kubernetes.md, whose shards follow its
// replicas, and says so when they do not.
func TestAnOverlayOfYourOwn(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(root, "docs", "kubernetes.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(docs), "```yaml\n# overlays/mine/kustomization.yaml\n")
	example, _, ok2 := strings.Cut(example, "```")
	if !ok || !ok2 {
		t.Fatal("docs/kubernetes.md has no such example")
	}
	dir, err := os.MkdirTemp(filepath.Join("..", "overlays"), "test-") // paths in it are relative
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, c := range []struct {
		text  string
		wrong int
	}{{example, 0}, {strings.Replace(example, "\ntransformers:", "\n#", 1), 1}} {
		for name, text := range map[string]string{"kustomization.yaml": c.text, "monitors.yaml": "monitors: []\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out, err := render(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, wrong := check(out); len(wrong) != c.wrong || c.wrong > 0 && !strings.Contains(wrong[0], `"1/2" and not "1/4"`) {
			t.Errorf("%s\n%q", c.text, wrong)
		}
	}
}
