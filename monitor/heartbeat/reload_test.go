package heartbeat_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
	"github.com/monitorink/monitorink/monitor/schedule"
	"github.com/monitorink/monitorink/queue"
)

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// A disk is what kill -9 leaves: a journal, and a folder with the definitions.
type disk struct {
	dir string
	j   *journal
}

// copyTo returns what a kill would leave now.
func (d disk) copy(t *testing.T) disk {
	c := disk{t.TempDir(), newJournal()}
	d.j.mu.Lock()
	defer d.j.mu.Unlock()
	c.j.records, c.j.at = slices.Clone(d.j.records), d.j.at
	b, err := os.ReadFile(filepath.Join(d.dir, "definitions.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(c.dir, "definitions.json"), b, 0o600)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	return c
}

// A life is one process over a disk. Announcements may take long, and it may be killed
// before, while and after they are made.
type life struct {
	*heartbeat.Heartbeat
	disk
	*fates
	t    *testing.T
	stop func() error

	mu    sync.Mutex
	left  *disk // by a kill
	armed string
}

// fates are the dice, which several goroutines throw.
type fates struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func (f *fates) below(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.IntN(n)
}

func (f *fates) upTo(d time.Duration) time.Duration {
	return time.Duration(f.below(int(d/time.Millisecond)+1)) * time.Millisecond
}

func (l *life) Publish(ctx context.Context, messages []queue.Message) error {
	news := slices.ContainsFunc(messages, func(m queue.Message) bool { return m.Kind == data.KindRegistration })
	if news && l.Heartbeat != nil { // of a reload
		l.killAt("persisted")
		time.Sleep(l.upTo([]time.Duration{0, 400 * time.Millisecond, 5 * time.Second}[l.below(3)]))
	}
	err := l.disk.j.Publish(ctx, messages)
	if news && l.Heartbeat != nil {
		l.killAt("announced")
	}
	return err
}

func (l *life) Checkpoint(ctx context.Context, at time.Time) error {
	return l.disk.j.Checkpoint(ctx, at)
}
func (l *life) MakeRoom()                                { l.disk.j.MakeRoom() }
func (l *life) Recovered() (time.Time, bool)             { return l.disk.j.Recovered() }
func (l *life) Intact() (time.Time, bool)                { return l.disk.j.Intact() }
func (l *life) Replay(f func(queue.Message) error) error { return l.disk.j.Replay(f) }

// killAt keeps what the disk holds, if this is the point of the kill.
func (l *life) killAt(point string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.armed == point && l.left == nil {
		left := l.disk.copy(l.t)
		l.left = &left
	}
}

func begin(t *testing.T, f *fates, d disk, list []data.Monitor) *life {
	t.Helper()
	l := &life{disk: d, fates: f, t: t}
	state, err := heartbeat.OpenState(d.dir, "here", "")
	if err != nil {
		t.Fatal(err)
	}
	h, err := heartbeat.New(t.Context(), heartbeat.Options{
		Location: "here", Instance: "i", Queue: l, Journal: l, State: state, Linger: 50 * time.Millisecond,
		Probe: probe.Options{Allow: func(netip.AddrPort) error {
			time.Sleep(f.upTo([]time.Duration{0, 0, 0, 2 * time.Second}[f.below(4)]))
			return errors.New("not in a test")
		}},
	}, list)
	if err != nil {
		t.Fatal(err)
	}
	l.Heartbeat = h
	end := run(t, h)
	l.stop = func() error { err := end(); state.Close(); return err }
	return l
}

// edit adds, removes and changes monitors, some of them.
func edit(f *fates, list []data.Monitor) []data.Monitor {
	var next []data.Monitor
	at := map[string]data.Monitor{}
	for _, m := range list {
		at[m.ID] = m
	}
	for i := range 6 {
		id := fmt.Sprintf("m%d", i)
		m, ok := at[id]
		switch chance := f.below(10); {
		case chance < 6 && ok: // as it is
		case chance < 6: // still not there
			continue
		case chance == 6:
			continue
		default:
			m = monitor(id, fmt.Sprintf("http://192.0.2.1/%d", f.below(3)), time.Duration(100+f.below(4000))*time.Millisecond)
			if f.below(6) == 0 {
				m.Schedule, m.Timeout = data.Schedule{Cron: "* * * * *"}, data.Duration(time.Second)
			}
			m.Paused = f.below(5) == 0
		}
		next = append(next, m)
	}
	return next
}

// Monitors are added, changed, paused and removed while a heartbeat runs, which is killed
// at any point of that.
func TestEverySlotBelongsToTheDefinitionThatHeld(t *testing.T) {
	rng := seeded(t)
	rounds := 40 // -count makes for more
	if testing.Short() {
		rounds = 5
	}
	kills, slots := map[string]int{}, 0
	for i := range rounds {
		seed := rng.Uint64()
		synctest.Test(t, func(t *testing.T) { slots += reloads(t, &fates{rng: rand.New(rand.NewPCG(seed, 0))}, kills) })
		if t.Failed() {
			t.Fatalf("in round %d", i)
		}
	}
	if t.Logf("%d slots, kills: %v", slots, kills); slots == 0 {
		t.Error("no slots")
	}
}

// reloads returns how many slots there were.
func reloads(t *testing.T, f *fates, kills map[string]int) (slots int) {
	list := edit(f, nil)
	d := disk{t.TempDir(), newJournal()}
	for range 4 {
		l := begin(t, f, d, list)
		for range 1 + f.below(6) {
			time.Sleep(f.upTo([]time.Duration{0, 100 * time.Millisecond, 20 * time.Second}[f.below(3)]))
			next := edit(f, list)
			before := l.disk.copy(t)
			l.armed = []string{"", "", "", "", "persisted", "announced", "begun"}[f.below(7)]
			if l.armed == "begun" { // the definitions are as before
				l.armed = "persisted"
				did, err := l.Reload(t.Context(), next)
				if l.left != nil && err == nil && !did.None() {
					b, err := os.ReadFile(filepath.Join(before.dir, "definitions.json"))
					if err == nil {
						err = os.WriteFile(filepath.Join(l.left.dir, "definitions.json"), b, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
					l.armed = "begun"
				}
			} else if did, err := l.Reload(t.Context(), next); err != nil {
				t.Fatal(err)
			} else {
				wantChanges(t, did, list, next)
			}
			if f.below(2) == 0 {
				list = next // or else the next life begins with the set of before
			} else if l.left == nil {
				list = next
			}
			if l.left != nil {
				break
			}
		}
		if l.left == nil && f.below(2) == 0 {
			time.Sleep(f.upTo(8 * time.Second))
			left := l.disk.copy(t)
			l.left, l.armed = &left, "at any time"
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if l.left != nil {
			kills[l.armed]++
			d = *l.left
		}
		time.Sleep(f.upTo([]time.Duration{0, 300 * time.Millisecond, 10 * time.Second}[f.below(3)]))
		if f.below(3) == 0 {
			list = edit(f, list)
		}
	}
	l := begin(t, f, d, list)
	time.Sleep(f.upTo(5 * time.Second))
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	return wantPure(t, l.disk.j)
}

func wantChanges(t *testing.T, did heartbeat.Changes, old, next []data.Monitor) {
	t.Helper()
	before := map[string]string{}
	for _, m := range old {
		before[m.ID] = m.Version()
	}
	same, started, changed := 0, 0, 0
	for _, m := range next {
		switch v, ok := before[m.ID]; {
		case !ok:
			started++
		case v == m.Version():
			same++
		default:
			changed++
		}
	}
	stopped := len(old) - same - changed
	if len(did.Started) != started || len(did.Stopped) != stopped || len(did.Changed) != changed || did.Unchanged != same {
		t.Errorf("%+v, want %d started, %d stopped, %d changed and %d unchanged", did, started, stopped, changed, same)
	}
}

// wantPure compares what a journal holds with the list of slots of what it announced, and
// returns how many there are.
func wantPure(t *testing.T, j *journal) (slots int) {
	t.Helper()
	histories, gaps, at := map[string][]*data.Registration{}, map[string][]*data.Gap{}, map[string]map[time.Time][]string{}
	for _, e := range j.wait(t, "", func([]data.Event) bool { return true }) {
		id := e.Key()
		if at[id] == nil {
			at[id] = map[time.Time][]string{}
		}
		switch e := e.(type) {
		case *data.Registration:
			histories[id] = append(histories[id], e)
		case *data.Gap:
			gaps[id] = append(gaps[id], e)
		case *data.Measurement:
			at[id][e.Scheduled] = append(at[id][e.Scheduled], e.Version)
		}
	}
	until := j.at.Add(time.Millisecond)
	for id, history := range histories {
		first := slices.MinFunc(history, func(a, b *data.Registration) int { return a.From.Compare(b.From) }).From
		covered := map[*data.Gap]int64{}
		for s := range schedule.Slots(history, first, until) {
			slots++
			by := at[id][s.Scheduled]
			delete(at[id], s.Scheduled)
			for _, g := range gaps[id] {
				if g.Covers(s) {
					by = append(by, g.Version)
					covered[g]++
				}
			}
			if want := holding(history, s.Scheduled); len(by) != 1 || by[0] != want {
				t.Errorf("%s: %v is accounted for by %q, want once by %s", id, s.Scheduled.Format("15:04:05.000"), by, want)
			}
		}
		for s := range at[id] {
			if s.Before(until) {
				t.Errorf("%s: %v was measured and is not a slot", id, s.Format("15:04:05.000"))
			}
		}
		for _, g := range gaps[id] {
			if g.Last.Before(until) && covered[g] != g.Slots {
				t.Errorf("%s: a gap (%s) says %d slots, and there are %d", id, g.Reason, g.Slots, covered[g])
			}
		}
	}
	return slots
}

// holding is the version of a history that holds at an instant.
func holding(history []*data.Registration, at time.Time) string {
	var last *data.Registration
	for _, r := range history {
		if !r.From.After(at) && (last == nil || r.From.After(last.From)) {
			last = r
		}
	}
	return last.Version
}
