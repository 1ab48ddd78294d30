package monitors_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/monitorink/monitorink/cmd/internal/monitors"
	"github.com/monitorink/monitorink/cmd/internal/references"
)

// A file that is edited again and again says the same to who remembers what it said.
func TestAMemoryChangesNothingOfWhatIsRead(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "monitors.yaml"), filepath.Join(dir, "token")
	head := "defaults: { every: 30s }\n"
	var items []string
	item := func() string {
		id := rng.IntN(2000)
		url := fmt.Sprintf("http://127.0.0.1/%d", rng.IntN(10))
		return []string{
			fmt.Sprintf("  - { id: m%d, url: '%s' }\n", id, url),
			fmt.Sprintf("  - id: m%d\n    url: %s\n    labels: { a: b }\n", id, url),
			fmt.Sprintf("  - id: m%d\n    url: %s\n    timeout: 40s # too long, by default\n", id, url),
			fmt.Sprintf("  - id: m%d\n    url: %s\n    headers: { x-token: '${file:token}' }\n", id, url),
			fmt.Sprintf("  - { id: 'm%d-${each}', url: '%s', for_each: [x, y] }\n", id, url),
			fmt.Sprintf("  - { id: m%d, url: '%s', body: \"a\n  - b\" }\n", id, url),
			fmt.Sprintf("  - { id: m%d, url: '%s', frobnicate: 1 }\n", id, url),
		}[min(rng.IntN(40), 6)*rng.IntN(2)]
	}
	for range 600 {
		items = append(items, item())
	}
	remembering := monitors.Reader{References: references.New(dir, os.LookupEnv), Memory: &monitors.Memory{}}
	for i := range 25 {
		switch rng.IntN(6) {
		case 0:
			head = fmt.Sprintf("defaults: { every: %ds }\n", 20+rng.IntN(30))
		case 1:
			at := rng.IntN(len(items))
			items = slices.Delete(items, at, min(at+rng.IntN(40), len(items)))
		case 2:
			if err := os.RemoveAll(secret); err != nil {
				t.Fatal(err)
			}
		case 3:
			if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
				t.Fatal(err)
			}
		default:
			items = slices.Insert(items, rng.IntN(len(items)), item())
			items[rng.IntN(len(items))] = item()
		}
		text := head + "monitors:\n" + strings.Join(items, "")
		if rng.IntN(10) == 0 {
			text = text[:rng.IntN(len(text))]
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		fresh := monitors.Reader{References: references.New(dir, os.LookupEnv)}
		want, wrong := fresh.Load(file)
		got, err := remembering.Load(file)
		if rng.IntN(2) == 0 {
			remembering.Memory.Shrink()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("edit %d: the monitors (-fresh +remembered)\n%s", i, diff)
		}
		if diff := cmp.Diff(fmt.Sprint(wrong), fmt.Sprint(err)); diff != "" {
			t.Fatalf("edit %d: what is wrong (-fresh +remembered)\n%s", i, diff)
		}
	}
}

// A file of 10,000 monitors, one of which is edited.
func BenchmarkLoadAgain(b *testing.B) {
	text := func(edit int) []byte {
		var t strings.Builder
		t.WriteString("defaults: { every: 10s, timeout: 2s }\nmonitors:\n")
		for i := range 10_000 {
			path := i
			if i == 5000 {
				path = -edit
			}
			fmt.Fprintf(&t, "  - id: monitor-%d\n    url: http://127.0.0.1:1/%d\n    labels: { team: t%d }\n    expect:\n      status: [200-299]\n      body: { matches: ok }\n", i, path, i%10)
		}
		return []byte(t.String())
	}
	for _, memory := range []*monitors.Memory{nil, {}} {
		b.Run(fmt.Sprintf("memory=%t", memory != nil), func(b *testing.B) {
			file, r := filepath.Join(b.TempDir(), "monitors.yaml"), monitors.Reader{Memory: memory}
			texts := [][]byte{text(1), text(2)}
			for i := -1; i < 0 || b.Loop(); i++ { // the first does not count
				if err := os.WriteFile(file, texts[i&1], 0o600); err != nil {
					b.Fatal(err)
				}
				if list, err := r.Load(file); err != nil || len(list) != 10_000 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}
