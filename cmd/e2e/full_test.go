package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

const crowd = 150

// crowded is the environment of a heartbeat that fills a spool of 1 MiB within a
// second or two.
func crowded(t *testing.T, dir string, w *witness, more ...string) (env []string, url string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "monitors.yaml")
	var b strings.Builder
	b.WriteString("monitors:\n")
	for i := range crowd {
		fmt.Fprintf(&b, "  - { id: m%d, url: '%s/%d?%s', every: 400ms, timeout: 200ms }\n", i, w.url, i, strings.Repeat("x", 800))
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return diskEnv(t, dir, append([]string{"MONITORINK_MONITORS=" + file, "MONITORINK_SPOOL_SIZE=1MiB"}, more...)...)
}

// all is how many requests the target has answered.
func (w *witness) all() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, at := range w.log {
		n += len(at)
	}
	return n
}

// wantFull waits until a daemon says everywhere that its queue is full, with words,
// and sees that the target is left alone for a while.
func wantFull(t *testing.T, d *daemon, w *witness, hold time.Duration, words ...string) {
	t.Helper()
	eventually(t, 30*time.Second, "503 for a full queue, with what to do", func() bool {
		said, ok := d.problems()
		for _, part := range append(words, "full", "no probe begins", "MONITORINK_SPOOL_SIZE") {
			ok = ok && strings.Contains(said["queue"], part)
		}
		return ok
	})
	eventually(t, 5*time.Second, "the log says so", func() bool { return strings.Contains(d.out.String(), "results wait") })
	if d.metric("monitorink_queue_full", "") != 1 {
		t.Error("the metric does not say that the queue is full")
	}
	if bytes, capacity := d.metric("monitorink_queue_bytes", ""), d.metric("monitorink_queue_capacity", ""); bytes > capacity || bytes < capacity/2 || capacity != 1<<20 {
		t.Errorf("the metrics tell of %.0f of %.0f bytes", bytes, capacity)
	}
	before, since := w.all(), time.Now()
	eventually(t, 5*time.Second, "no probe is under way", func() bool {
		if n := w.all(); n != before {
			before, since = n, time.Now()
		}
		return time.Since(since) > 300*time.Millisecond // longer than a probe takes
	})
	<-time.After(hold)
	if n := w.all(); n > before {
		t.Errorf("the target was asked %d times while the queue was full", n-before)
	}
	if n := strings.Count(d.out.String(), "results wait"); n != 1 {
		t.Errorf("the log says %d times that results wait, want once", n)
	}
	if age := d.metric("monitorink_queue_oldest_seconds", ""); age < hold.Seconds() {
		t.Errorf("the oldest event is %.1f s old, and the queue has been full for %v", age, hold)
	}
}

// TestAFullSpoolIsAGapForEachMonitorAndProbesYield: no collector, then one.
func TestAFullSpoolIsAGapForEachMonitorAndProbesYield(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	env, url := crowded(t, dir, w)
	d := &daemon{start(t, "heartbeat", env, "run"), url}
	wantFull(t, d, w, 6*time.Second, "no collector takes from it")
	books := wantAllSaved(t, dir, w, url, d.process)
	if n := strings.Count(d.out.String(), "takes results again"); n > 1 { // after five seconds of calm
		t.Errorf("the log says %d times that it is over", n)
	}
	most, others := 0, map[data.Reason]int{}
	for _, b := range books {
		overload := 0
		for _, g := range b.gaps {
			if g.Reason == data.Overload {
				overload++
			} else {
				others[g.Reason]++
			}
		}
		most = max(most, overload)
	}
	delete(others, data.Overlap)                  // on a busy machine, of before
	if most == 0 || most > 3 || len(others) > 0 { // one that was written, one that was open, and one of before
		t.Errorf("up to %d gaps a monitor say overload, and others say %v", most, others)
	}
	if len(books) != crowd {
		t.Errorf("%d monitors, want %d", len(books), crowd)
	}
}

// TestAnEndAndAStartWithAFullSpool: neither waits for ever, and nothing is lost.
func TestAnEndAndAStartWithAFullSpool(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	env, url := crowded(t, dir, w, "MONITORINK_GRACE=3s")
	d := &daemon{start(t, "heartbeat", env, "run"), url}
	wantFull(t, d, w, 0)
	began := time.Now()
	if code := d.stop(); code != 1 {
		t.Errorf("exit code %d, want 1: results had no place", code)
	}
	if took := time.Since(began); took > 5500*time.Millisecond { // and not twice
		t.Errorf("the end took %v, and the grace is 3 s", took)
	}
	wantLast(t, d.process, "left_in_spool=", "the next start goes on")

	d = &daemon{start(t, "heartbeat", env, "run"), url}
	wantFull(t, d, w, time.Second)
	if said, _ := d.problems(); said["start"] == "" {
		t.Errorf("the start is through, and its definitions had no place: %v", said)
	}
	wantAllSaved(t, dir, w, url, d.process)
}

// TestBothInOneProcessWithAFullSpoolAndNoDatabase: the same pressure within one process.
func TestBothInOneProcessWithAFullSpoolAndNoDatabase(t *testing.T) {
	t.Parallel()
	w, dir := newWitness(t), t.TempDir()
	env, url := crowded(t, dir, w, "MONITORINK_GRACE=1s")
	addr := freeAddr(t)
	both := append(env[:len(env):len(env)], "MONITORINK_COLLECTOR_ADDR="+addr, "MONITORINK_STORE=postgres",
		"MONITORINK_POSTGRES_URL=postgres://monitorink@127.0.0.1:1/monitorink")
	for range 2 { // the second start is with a full spool
		d := &daemon{start(t, "monitorink", both, "run"), "http://" + addr}
		wantFull(t, d, w, time.Second, "see the problem store")
		began := time.Now()
		d.stop()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("the end took %v, and the grace is 1 s", took)
		}
	}
	wantEverySlot(t, dir, w, append(env, "MONITORINK_GRACE=5s"), url)
}

// TestWhatIsLostWithAQueueInMemoryIsSaid: how much, in the last line.
func TestWhatIsLostWithAQueueInMemoryIsSaid(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	env, _ := crowded(t, t.TempDir(), w, "MONITORINK_QUEUE=memory")
	p := start(t, "heartbeat", env, "run")
	eventually(t, 10*time.Second, "answers", func() bool { return w.all() > crowd })
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	wantLast(t, p, "lost_with_memory=", "not known to the next start")
	if strings.Contains(p.out.String(), "lost_with_memory=0") {
		t.Error("it says that nothing is lost")
	}
}
