package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/monitor/schedule"
)

// TestADamagedSpoolLosesNoMoreThanTheDamage damages a spool that nobody has collected
// yet, starts heartbeat again, and compares what a collector then gets with the list
// of slots: what is intact arrives, and everything else is in a gap.
func TestADamagedSpoolLosesNoMoreThanTheDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func(t *testing.T, segments []string)
		told   string // in the log; "": nothing of damage
	}{
		"header":        {alter(0, func(b []byte) []byte { b[9] ^= 1; return b }), "the spool is damaged"},
		"bits":          {alter(0, flip), "the spool is damaged"},
		"front zeroed":  {alter(0, func(b []byte) []byte { return make([]byte, len(b)) }), "the spool is damaged"},
		"cut":           {alter(1, func(b []byte) []byte { return b[:len(b)/3] }), "the spool is damaged"},
		"missing":       {alter(1, nil), "the spool is damaged"},
		"tail":          {alter(-1, func(b []byte) []byte { return append(b[:len(b)-7], "half a rec"...) }), "torn_bytes="},
		"copy":          {func(t *testing.T, s []string) { duplicate(t, s[1]) }, "a copy of another segment"},
		"cursor":        {beside("cursor", "settled up to"), "cursor is damaged"},
		"cursor, empty": {beside("cursor", ""), "cursor is damaged"},
		"future cursor": {beside("cursor", "settled up to segment 900 offset 20 checksum e2a41a4e\n"), "cursor is damaged"},
		"left-overs":    {beside("cursor.new", "settled"), ""},
		"foreign":       {beside("notes.txt", "not ours"), "notes.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := newWitness(t), t.TempDir()
			var urls []string
			for i := range 12 {
				urls = append(urls, w.url+"/"+strings.Repeat("x", 4000)+string(rune('a'+i)))
			}
			env, url := diskEnv(t, dir, "MONITORINK_URLS="+strings.Join(urls, ","), "MONITORINK_SCHEDULE=@every 100ms", "MONITORINK_SPOOL_SIZE=3MiB")
			p := start(t, "heartbeat", env, "run")
			var segments []string
			enough := 2
			if strings.Contains(c.told, "the spool is damaged") {
				enough = 5 // so that there are checkpoints behind the damage
			}
			eventually(t, 20*time.Second, "some segments", func() bool {
				segments, _ = filepath.Glob(filepath.Join(dir, "spool", "*.segment"))
				return len(segments) >= enough
			})
			p.kill()
			slices.Sort(segments)
			c.damage(t, segments)
			p = start(t, "heartbeat", env, "run")
			eventually(t, 10*time.Second, "ready", func() bool { return get(url+"/readyz", nil) == 200 })
			out := p.out.String()
			damaged := strings.Contains(out, "the spool is damaged")
			if !strings.Contains(out, c.told) || damaged != strings.Contains(c.told, "the spool is damaged") || damaged != !strings.Contains(out, "corrupt=0") {
				t.Errorf("it does not tell of %q:\n%s", c.told, tail(out))
			}
			if n := (&daemon{p, url}).metric("monitorink_queue_corrupt_records_total", ""); damaged != (n > 0) {
				t.Errorf("%v damaged records in /metrics", n)
			}
			end := time.Now()
			keeper := startKeeper(t, dir, url)
			for id, b := range account(keptUpTo(t, dir, end)) {
				if n := b.missing(end); n > 0 {
					t.Errorf("%s…: %d slots are not accounted for", id[:8], n)
				}
			}
			keeper.stop()
			if code := p.stop(); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "spool", "notes.txt")); name == "foreign" && string(b) != "not ours" {
				t.Errorf("the foreign file holds %q, %v", b, err)
			}
		})
	}
}

// alter changes a segment, counted from the end if below 0; nil removes it.
func alter(i int, change func([]byte) []byte) func(*testing.T, []string) {
	return func(t *testing.T, segments []string) {
		t.Helper()
		name := segments[(i+len(segments))%len(segments)]
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if change == nil {
			err = os.Remove(name)
		} else {
			err = os.WriteFile(name, change(b), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// flip changes a bit in the middle of an event.
func flip(b []byte) []byte {
	i := bytes.Index(b[len(b)/2:], []byte(`"measurement/1"`)) + len(b)/2
	b[i+3] ^= 0x40
	return b
}

func duplicate(t *testing.T, segment string) {
	t.Helper()
	b, err := os.ReadFile(segment)
	if err == nil {
		err = os.WriteFile(filepath.Join(filepath.Dir(segment), "0000000000000040.segment"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func beside(name, text string) func(*testing.T, []string) {
	return func(t *testing.T, segments []string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(filepath.Dir(segments[0]), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// missing is how many slots of a monitor before end are neither measured nor in a gap.
func (b *book) missing(end time.Time) (n int) {
	var first time.Time
	for _, r := range b.registrations {
		if first.IsZero() || r.From.Before(first) {
			first = r.From
		}
	}
	for s := range schedule.Slots(b.registrations, first, end) {
		if b.measured[s.Scheduled] == nil && !inGap(b.gaps, s) {
			n++
		}
	}
	return n
}
