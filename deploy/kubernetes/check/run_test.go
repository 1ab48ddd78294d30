package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// programs builds the three once.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kubernetes-check-")
	if err != nil {
		return "", err
	}
	out, err := command(root, "go", "build", "-o", dir+"/", "./cmd/heartbeat", "./cmd/collector", "./cmd/monitorink").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return dir, nil
})

func command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	return cmd
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := programs(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// An output is what a process says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// A running is a container of a manifest, as a process.
type running struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *output
	addr string
	done chan struct{} // closed when it has ended
}

// run starts a container of ours: with its own environment, but for Kafka, which is
// away, and the address, which is host and a free port.
func (n node) run(t *testing.T, w workload, container *corev1.Container, host string, more ...string) *running {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	ln.Close()
	r := &running{t: t, out: new(output), addr: net.JoinHostPort("127.0.0.1", port), done: make(chan struct{})}
	environ := []string{"TMPDIR=/nonexistent"}
	for _, e := range n.environment(w, container) {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasSuffix(name, "_ADDR") {
			if want := fmt.Sprintf("0.0.0.0:%d", container.Ports[0].ContainerPort); value != want {
				t.Errorf("%s is %s, and the container's port %s", name, value, want)
			}
			e = name + "=" + net.JoinHostPort(host, port)
		}
		if name == "MONITORINK_KAFKA_BROKERS" {
			e = name + "=127.0.0.1:1"
		}
		environ = append(environ, e)
	}
	r.cmd = exec.Command(filepath.Join(dir, program(container)), container.Args...)
	r.cmd.Env = append(environ, more...)
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process
		_ = r.cmd.Wait()
		close(r.done)
	}()
	t.Cleanup(func() { r.end(syscall.SIGKILL) })
	return r
}

// end sends a signal and returns the exit code.
func (r *running) end(signal syscall.Signal) int {
	_ = r.cmd.Process.Signal(signal)
	return r.ended()
}

func (r *running) ended() int {
	select {
	case <-r.done:
	case <-time.After(30 * time.Second):
		r.t.Fatal("it does not end")
	}
	return r.cmd.ProcessState.ExitCode()
}

// ask is the status and the problems that a path gives, once it answers.
func (r *running) ask(path string) (int, map[string]string) {
	r.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		select {
		case <-r.done:
			r.t.Fatalf("it has ended:\n%s", r.out)
		case <-tick.C:
		}
		res, err := http.Get("http://" + r.addr + path)
		if err != nil {
			continue
		}
		defer res.Body.Close()
		var answer struct {
			Problems, Notes []struct{ Name, Message string }
		}
		_ = json.NewDecoder(res.Body).Decode(&answer)
		all := map[string]string{}
		for _, p := range append(answer.Problems, answer.Notes...) {
			all[p.Name] = p.Message
		}
		return res.StatusCode, all
	}
	r.t.Fatal("nobody answers at " + path)
	return 0, nil
}

// TestTheProgramsTakeWhatTheContainersGive runs each container of ours, of every
// overlay, with its arguments, environment and volumes: it must start, know every
// variable, answer its probes, and end on SIGTERM.
func TestTheProgramsTakeWhatTheContainersGive(t *testing.T) {
	for _, overlay := range overlays {
		objects, _ := check([]byte(rendered(t, overlay)))
		for _, w := range objects.workloads() {
			for _, container := range w.containers() {
				if !ours(container) {
					continue
				}
				t.Run(overlay+"/"+w.meta.Name, func(t *testing.T) {
					t.Parallel()
					n := node{t, t.TempDir(), objects}
					n.mount(w)
					// No machine has this address: what its port is open for is decided before.
					if elsewhere := n.run(t, w, container, "192.0.2.1"); elsewhere.ended() != 1 || !strings.Contains(elsewhere.out.String(), "cannot listen") {
						t.Fatalf("it does not take its environment:\n%s", elsewhere.out)
					}
					r := n.run(t, w, container, "127.0.0.1", "MONITORINK_GRACE=1s")
					for _, p := range []*corev1.Probe{container.StartupProbe, container.LivenessProbe} {
						if code, _ := r.ask(p.HTTPGet.Path); code != http.StatusOK {
							t.Errorf("%s is %d", p.HTTPGet.Path, code)
						}
					}
					code, problems := r.ask(container.ReadinessProbe.HTTPGet.Path)
					switch program(container) {
					case "monitorink": // it needs nobody
						for code != http.StatusOK {
							code, _ = r.ask(container.ReadinessProbe.HTTPGet.Path)
						}
					case "collector":
						if code != http.StatusServiceUnavailable || len(problems) == 0 {
							t.Errorf("without Postgres it is ready: %d %q", code, problems)
						}
					}
					if code := r.end(syscall.SIGTERM); code != 0 {
						t.Errorf("exit code %d", code)
					}
					if out := r.out.String(); strings.Contains(out, "warning:") || strings.Contains(out, "read-only") {
						t.Errorf("it warns:\n%s", out)
					}
				})
			}
		}
	}
}

// TestAContainerThatIsWrongIsRefused: what the test above would say of a variable that
// nobody knows, of a shard that is out of range, and of no token.
func TestAContainerThatIsWrongIsRefused(t *testing.T) {
	text := rendered(t, "operators")
	for name, c := range map[string]struct{ from, to, want string }{
		"variable": {"name: MONITORINK_SPOOL_SIZE", "name: MONITORINK_SPOOLSIZE", "MONITORINK_SPOOLSIZE is not a variable that is known here: did you mean MONITORINK_SPOOL_SIZE?"},
		"argument": {"- run\n        env:\n        - name: MONITORINK_KAFKA_USERNAME\n          value: monitorink-heartbeat", "- start\n        env:\n        - name: MONITORINK_KAFKA_USERNAME\n          value: monitorink-heartbeat", `unknown command "start"`},
		"shard 0":  {"    start: 1", "    start: 0", "shards count from 1: the first of 2 is 1/2"},
		"shard 3":  {"    start: 1", "    start: 3", "the last of 2 shards is 2/2"},
		"no index": {"metadata.labels['apps.kubernetes.io/pod-index']", "metadata.labels['pod-index']", "the number of this shard is missing before the slash"},
		"token":    {"MONITORINK_TOKEN_FILE: ", "MONITORINK_LOCATION_FILE: ", "so a token is required"},
		"monitors": {"value: /etc/monitorink/monitors\n", "value: /etc/monitorink/monitor\n", "there is no such file or folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(text, c.from) {
				t.Fatalf("there is no %q", c.from)
			}
			objects, _ := check([]byte(strings.Replace(text, c.from, c.to, 1)))
			i := slices.IndexFunc(objects.workloads(), func(w workload) bool { return w.meta.Name == "heartbeat" })
			w := objects.workloads()[i]
			n := node{t, t.TempDir(), objects}
			n.mount(w)
			host := "127.0.0.1"
			if name == "token" || name == "variable" {
				host = "192.0.2.1"
			}
			r := n.run(t, w, w.containers()[0], host)
			if code := r.ended(); code == 0 || !strings.Contains(r.out.String(), c.want) {
				t.Errorf("exit code %d, want one and %q:\n%s", code, c.want, r.out)
			}
		})
	}
}

var badMonitor = "monitors:\n  - id: bad\n    url: ftp://nobody.example/\n"

// TestABadConfigMapLeavesThePodUp replaces the ConfigMap under the heartbeat of the
// base, as a kubelet does.
func TestABadConfigMapLeavesThePodUp(t *testing.T) {
	objects, _ := check([]byte(rendered(t, "operators")))
	i := slices.IndexFunc(objects.workloads(), func(w workload) bool { return w.meta.Name == "heartbeat" })
	w := objects.workloads()[i]
	n := node{t, t.TempDir(), objects}
	n.mount(w)
	r := n.run(t, w, w.containers()[0], "127.0.0.1", "MONITORINK_GRACE=1s", "MONITORINK_SHARD=")
	r.ask("/livez")
	monitors := filepath.Join(n.dir, "heartbeat", "monitors")
	metric := func(name string) string {
		req, _ := http.NewRequest(http.MethodGet, "http://"+r.addr+"/metrics", nil)
		req.Header.Set("Authorization", "Bearer "+n.secret("read-token"))
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		var b bytes.Buffer
		_, _ = b.ReadFrom(res.Body)
		if m := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(b.String()); m != nil {
			return m[1]
		}
		return "none"
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
			if time.Now().After(end) {
				t.Fatalf("%s: not within 20 s\n%s", what, r.out)
			}
		}
	}
	until("all is well", func() bool { return metric("monitorink_reload_ok") == "1" })
	n.layOut(monitors, "2", map[string]string{"monitors.yaml": badMonitor})
	until("it says that something is wrong", func() bool {
		_, notes := r.ask("/readyz")
		return metric("monitorink_reload_ok") == "0" && metric("monitorink_reload_bad_monitors") == "1" && notes["monitors"] != ""
	})
	good := named[corev1.ConfigMap](objects, "monitors").Data
	n.layOut(monitors, "3", good)
	until("all is well again", func() bool { return metric("monitorink_reload_ok") == "1" })
	if code := r.end(syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if out := r.out.String(); !strings.Contains(out, "there is something wrong with the monitors") || !strings.Contains(out, "ftp") {
		t.Errorf("the log does not say what is wrong:\n%s", out)
	}
}
