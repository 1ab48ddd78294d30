package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// put makes a file what it says at once, as an editor does.
func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// set is a monitors file with a monitor for each path and interval.
func set(w *witness, pairs ...string) string {
	b := &strings.Builder{}
	fmt.Fprintln(b, "monitors:")
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(b, "  - { id: %s, url: '%s/%s', every: %s, timeout: 90ms }\n", pairs[i], w.url, pairs[i], pairs[i+1])
	}
	return b.String()
}

// A reload is what POST /-/reload answers.
type reload struct {
	Started, Stopped []string
	Changed          []struct {
		ID     string
		Fields []string
	}
	Unchanged int
	Detail    string
	Kept      int
	Problems  []struct {
		Line             int
		Monitor, Message string
	}
	Changes *reload
}

func post(t *testing.T, url string) (code int, did reload) {
	t.Helper()
	res, err := http.Post(url+"/-/reload", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil {
		err = json.Unmarshal(b, &did)
	}
	if err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return res.StatusCode, did
}

// probed waits until the witness has answered path again.
func probed(t *testing.T, w *witness, path string) {
	t.Helper()
	before := len(w.answered(path))
	eventually(t, 20*time.Second, "a probe of "+path, func() bool { return len(w.answered(path)) > before+1 })
}

// quietFor fails when path is asked for, for so long.
func quietFor(t *testing.T, w *witness, path string, d time.Duration) {
	t.Helper()
	before := len(w.answered(path))
	<-time.After(d)
	if n := len(w.answered(path)); n != before {
		t.Errorf("%s was asked for %d times", path, n-before)
	}
}

// A terminal that goes away says so to the process and to its group; SIGHUP is also
// how a reload is asked for.
func TestAHangupReloadsAndLosesNoSlot(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // what a test run by nohup ignores, its programs would, too
	t.Cleanup(func() { signal.Stop(hangups) })
	w, dir, file := newWitness(t), t.TempDir(), filepath.Join(t.TempDir(), "monitors.yaml")
	put(t, file, set(w, "a", "100ms", "b", "100ms"))
	env, url := diskEnv(t, dir, "MONITORINK_MONITORS="+file)
	p := start(t, "heartbeat", env, "run")
	probed(t, w, "/a")
	put(t, file, set(w, "a", "100ms", "b", "150ms", "c", "100ms"))
	for range 3 {
		p.cmd.Process.Signal(syscall.SIGHUP)
	}
	probed(t, w, "/c")
	put(t, file, set(w, "a", "100ms", "b", "100ms", "c", "350ms"))
	p.cmd.Process.Signal(syscall.SIGHUP)
	eventually(t, 10*time.Second, "the second reload", func() bool { return strings.Contains(p.out.String(), "started=0 stopped=0 changed=2") })
	probed(t, w, "/b")
	p.kill()
	p = start(t, "heartbeat", env, "run")
	probed(t, w, "/b")
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d (%v), want 0", code, p.cmd.ProcessState)
	}
	books := keptBooks(t, dir, w, env, url)
	for id, n := range map[string]int{"a": 1, "b": 3, "c": 2} {
		froms := map[time.Time]bool{}
		for _, r := range books[id].registrations {
			froms[r.From] = true
		}
		if len(froms) != n {
			t.Errorf("%s began %d times, want %d", id, len(froms), n)
		}
	}
}

// keptBooks is wantEverySlot without the target's word, which kill -9 may have kept
// from being heard.
func keptBooks(t *testing.T, dir string, _ *witness, env []string, url string) map[string]*book {
	t.Helper()
	return wantEverySlot(t, dir, newWitness(t), env, url)
}

func TestAChangeOfTheFilesIsApplied(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	// As Kubernetes mounts a ConfigMap: ..data leads to the version that holds.
	mount := func(version, text string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, version, "monitors.yaml"), text)
		if err := os.Symlink(version, filepath.Join(dir, "..tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("..1", set(w, "a", "100ms", "b", "100ms"))
	if err := os.Symlink("..data/monitors.yaml", filepath.Join(dir, "monitors.yaml")); err != nil {
		t.Fatal(err)
	}
	env, url := diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+dir)
	p := start(t, "heartbeat", env, "run")
	probed(t, w, "/a")
	mount("..2", set(w, "b", "100ms", "c", "100ms"))
	probed(t, w, "/c")
	eventually(t, 10*time.Second, "a ends", func() bool {
		n := len(w.answered("/a"))
		<-time.After(300 * time.Millisecond)
		return len(w.answered("/a")) == n
	})
	probed(t, w, "/b")
	mount("..3", "monitors:\n  - {") // half of something
	eventually(t, 10*time.Second, "it says what is wrong", func() bool {
		var r struct{ Notes []struct{ Name string } }
		return get(url+"/readyz", &r) == 200 && len(r.Notes) == 1 && r.Notes[0].Name == "monitors"
	})
	probed(t, w, "/b")
	probed(t, w, "/c")
	mount("..4", set(w, "c", "100ms"))
	eventually(t, 10*time.Second, "all is well again", func() bool {
		var r map[string]any
		return get(url+"/readyz", &r) == 200 && r["notes"] == nil
	})
	probed(t, w, "/c")
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if n := strings.Count(p.out.String(), "there is something wrong"); n != 1 {
		t.Errorf("%d lines say that something is wrong, want one", n)
	}
}

// A file that grows is not read before it has its end.
func TestAFileThatIsBeingWrittenRemovesNothing(t *testing.T) {
	t.Parallel()
	w, file := newWitness(t), filepath.Join(t.TempDir(), "monitors.yaml")
	text := set(w, "a", "100ms", "b", "100ms", "c", "100ms")
	put(t, file, text)
	env, _ := diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+file)
	p := start(t, "heartbeat", env, "run")
	probed(t, w, "/c")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := strings.SplitAfter(strings.ReplaceAll(text, "/c'", "/d'"), "\n")
	for _, line := range lines {
		if _, err := f.WriteString(line); err != nil {
			t.Fatal(err)
		}
		p.cmd.Process.Signal(syscall.SIGHUP)
		<-time.After(120 * time.Millisecond)
	}
	probed(t, w, "/d")
	if strings.Contains(p.out.String(), "stopped=1") || strings.Contains(p.out.String(), "stopped=2") || strings.Contains(p.out.String(), "wrong") {
		t.Error("it did not wait for the end of the file")
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestARequestReloadsAndSaysWhat(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"heartbeat", "monitorink"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			w, file := newWitness(t), filepath.Join(t.TempDir(), "monitors.yaml")
			put(t, file, set(w, "a", "100ms", "b", "100ms", "c", "100ms"))
			env, url := diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+file)
			if program == "monitorink" {
				addr := freeAddr(t)
				env, url = append(env, "MONITORINK_COLLECTOR_ADDR="+addr), "http://"+addr
			}
			p := start(t, program, env, "run")
			probed(t, w, "/a")
			if code, did := post(t, url); code != 200 || did.Unchanged != 3 {
				t.Errorf("nothing is changed: %d, %+v", code, did)
			}
			put(t, file, set(w, "a", "100ms", "b", "200ms", "d", "100ms"))
			code, did := post(t, url)
			if code != 200 || fmt.Sprint(did.Started, did.Stopped, did.Changed, did.Unchanged) != "[d] [c] [{b [every]}] 1" {
				t.Errorf("%d, %+v", code, did)
			}
			probed(t, w, "/d")
			quietFor(t, w, "/c", 500*time.Millisecond)
			put(t, file, strings.Replace(set(w, "a", "100ms", "b", "100ms", "d", "zero", "e", "100ms"), "id: b", "id: b, frobnicate: 1", 1))
			code, did = post(t, url)
			if code != 422 || did.Kept != 2 || len(did.Problems) != 2 || did.Problems[0].Line != 3 || did.Problems[0].Monitor != "b" || did.Problems[1].Monitor != "d" ||
				fmt.Sprint(did.Changes.Started, did.Changes.Unchanged) != "[e] 3" {
				t.Errorf("something is wrong: %d, %+v", code, did)
			}
			probed(t, w, "/d")
			probed(t, w, "/e")
			if code := get(url+"/-/reload", nil); code != 405 {
				t.Errorf("GET is answered with %d, want 405", code)
			}
			if code := p.stop(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
		})
	}
}

// A reload puts up with a bad monitor that is new, and so does the start after it.
func TestABadMonitorThatIsNewEndsNoStartOverPersistedOnes(t *testing.T) {
	t.Parallel()
	w, file := newWitness(t), filepath.Join(t.TempDir(), "monitors.yaml")
	put(t, file, set(w, "a", "100ms"))
	env, url := diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+file)
	p := start(t, "heartbeat", env, "run")
	probed(t, w, "/a")
	put(t, file, set(w, "a", "100ms", "b", "zero"))
	if code, did := post(t, url); code != 422 || did.Changes.Unchanged != 1 {
		t.Errorf("the reload: %d, %+v", code, did)
	}
	p.kill()
	p = start(t, "heartbeat", env, "run")
	probed(t, w, "/a")
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	env, _ = diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+file)
	if code := start(t, "heartbeat", env, "run").wait(10 * time.Second); code != 2 {
		t.Errorf("without persisted ones: exit code %d, want 2", code)
	}
}

func TestASecretThatChangesIsSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var sent sync.Map
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sent.Store(r.Header.Get("Authorization"), true) }))
	defer target.Close()
	put(t, filepath.Join(dir, "token"), "one-secret")
	put(t, filepath.Join(dir, "monitors.yaml"), "monitors:\n  - { id: a, url: '"+target.URL+"', every: 100ms, headers: { authorization: 'Bearer ${file:token}' } }\n")
	env, url := diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+filepath.Join(dir, "monitors.yaml"))
	p := start(t, "heartbeat", env, "run")
	seen := func(token string) func() bool {
		return func() bool { _, ok := sent.Load("Bearer " + token); return ok }
	}
	eventually(t, 10*time.Second, "the first secret", seen("one-secret"))
	put(t, filepath.Join(dir, "token"), "two-secret")
	eventually(t, 20*time.Second, "the second secret", seen("two-secret"))
	if err := os.Remove(filepath.Join(dir, "token")); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "a note", func() bool {
		var r map[string]any
		return get(url+"/readyz", &r) == 200 && r["notes"] != nil
	})
	sent.Clear()
	eventually(t, 20*time.Second, "the second secret again", seen("two-secret"))
	put(t, filepath.Join(dir, "token"), "three-secret")
	eventually(t, 20*time.Second, "the third secret", seen("three-secret"))
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if strings.Contains(p.out.String(), "-secret") {
		t.Error("the log has a secret in it")
	}
}

// TestAHangupWhileItStartsEndsNothing: it waits for a data directory that another has.
func TestAHangupWhileItStartsEndsNothing(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	for _, program := range []string{"heartbeat", "monitorink"} {
		w, dir, file := newWitness(t), t.TempDir(), filepath.Join(t.TempDir(), "monitors.yaml")
		put(t, file, set(w, "a", "100ms"))
		first, _ := diskEnv(t, dir, "MONITORINK_MONITORS="+file)
		p := start(t, "heartbeat", first, "run")
		probed(t, w, "/a")
		env, _ := diskEnv(t, dir, "MONITORINK_MONITORS="+file)
		addr := freeAddr(t)
		second := start(t, program, append(env, "MONITORINK_HEARTBEAT_ADDR="+addr, "MONITORINK_COLLECTOR_ADDR="+addr), "run")
		eventually(t, 10*time.Second, "it has begun to listen", func() bool {
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.Close()
			}
			return err == nil
		})
		second.cmd.Process.Signal(syscall.SIGHUP)
		if code := second.wait(10 * time.Second); code != 1 || !strings.Contains(second.out.String(), "another heartbeat uses") {
			t.Errorf("%s: exit code %d (%v), want 1 for the directory's sake", program, code, second.cmd.ProcessState)
		}
		p.stop()
	}
}

func TestAReloadDoesNotWaitForABody(t *testing.T) {
	t.Parallel()
	w, file := newWitness(t), filepath.Join(t.TempDir(), "monitors.yaml")
	put(t, file, set(w, "a", "100ms"))
	env, url := diskEnv(t, t.TempDir(), "MONITORINK_MONITORS="+file)
	start(t, "heartbeat", env, "run")
	probed(t, w, "/a")
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /-/reload HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\nand no more", strings.TrimPrefix(url, "http://"))
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(c).ReadString('\n')
	if !strings.HasPrefix(line, "HTTP/1.1 200") {
		t.Errorf("the answer begins with %q, %v", line, err)
	}
}
