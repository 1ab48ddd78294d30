package memory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memory.New(memory.Options{Total: 1 << 30}) })
}

var start = time.UnixMilli(1_790_000_000_000).UTC()

func measurement(monitor string, at time.Time) *data.Measurement {
	return &data.Measurement{
		Monitor: monitor, Location: "ber1", Scheduled: at, Attempt: 1, State: data.Up, Started: at,
		Method: "GET", URL: "https://shop.example/", Phases: data.Phases{Total: data.SpanOf(time.Millisecond)},
	}
}

func gap(at time.Time) *data.Gap {
	return &data.Gap{Monitor: "m", Location: "ber1", First: at, Last: at, Slots: 1, Reason: data.Stopped}
}

func registered(monitor string, at time.Time) *data.Registration {
	return &data.Registration{Monitor: monitor, Location: "ber1", From: at, Schedule: data.Schedule{Every: data.Duration(time.Second)}}
}

func save(t testing.TB, s *memory.Store, events ...data.Event) {
	t.Helper()
	if refused, err := s.Save(t.Context(), events); err != nil || len(refused) > 0 {
		t.Fatalf("save: refused %v, error %v", refused, err)
	}
}

// lengths is how many measurements, gaps and registrations of a monitor s shows,
// and the instant of the oldest measurement.
func lengths(t testing.TB, s *memory.Store, monitor string) (n [3]int, oldest time.Time) {
	t.Helper()
	q := store.Query{Monitor: monitor, Limit: store.MaxLimit}
	m, err := s.Measurements(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	g, err := s.Gaps(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Registrations(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Items) > 0 {
		oldest = m.Items[len(m.Items)-1].Scheduled
	}
	return [3]int{len(m.Items), len(g.Items), len(r.Items)}, oldest
}

func TestStoreShowsTheNewestInWhateverOrderTheyCame(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	s := memory.New(memory.Options{Measurements: 20, Gaps: 10, Registrations: 5})
	for _, i := range r.Perm(200) {
		at := start.Add(time.Duration(i) * time.Second)
		save(t, s, measurement("m", at), gap(at), registered("m", at))
		if i%3 == 0 {
			save(t, s, measurement("m", at))
		}
	}
	n, oldest := lengths(t, s, "m")
	if want := [3]int{20, 10, 5}; n != want || !oldest.Equal(start.Add(180*time.Second)) {
		t.Errorf("shown are %v from %v on, want %v, and the newest", n, oldest, want)
	}
	if got := s.Stats().Evicted; got < 600-(23+12+6+2*60) {
		t.Errorf("counted are %d evictions of 600 events with room for 35, some slack, and the rest of a minute", got)
	}
}

func TestStoreSharesItsTotalAmongMonitors(t *testing.T) {
	s := memory.New(memory.Options{Total: 100})
	fill := func(id string) {
		for i := range 60 {
			at := start.Add(time.Duration(i) * time.Second)
			save(t, s, measurement(id, at), &data.Gap{Monitor: id, Location: "ber1", First: at, Last: at, Slots: 1, Reason: data.Stopped})
		}
	}
	fill("a")
	if n, _ := lengths(t, s, "a"); n != [3]int{60, 50, 0} {
		t.Errorf("alone: %v", n)
	}
	for i := range 9 {
		fill(fmt.Sprint(i))
	}
	n, oldest := lengths(t, s, "a")
	if n != [3]int{10, 5, 0} || !oldest.Equal(start.Add(50*time.Second)) {
		t.Errorf("one of ten: %v from %v on, want the newest 10 and 5", n, oldest)
	}
	for i := range 100 {
		save(t, s, registered(fmt.Sprint("more", i), start))
	}
	n, _ = lengths(t, s, "a")
	if n != [3]int{2, 2, 0} {
		t.Errorf("one of a hundred and ten: %v, want 2 and 2", n)
	}
	if got := s.Stats(); got.Series != 110 {
		t.Errorf("stats are %+v, want 110 series", got)
	}
}

func TestStoreForgetsWhatIsOlderThanRetention(t *testing.T) {
	s := memory.New(memory.Options{Retention: time.Hour})
	now := data.Millis(time.Now())
	old, young := now.Add(-2*time.Hour), now.Add(-time.Minute)
	save(t, s, measurement("m", old), gap(old), registered("m", old), measurement("m", young), gap(young))
	if n, oldest := lengths(t, s, "m"); n != [3]int{1, 1, 1} || !oldest.Equal(young) {
		t.Errorf("shown are %v from %v on", n, oldest)
	}
	if got := s.Stats().Expired; got != 2 {
		t.Errorf("counted are %d, want 2", got)
	}
	sum, err := s.Summary(t.Context(), store.Query{Monitor: "m"})
	if err != nil || sum.Up != 1 || len(sum.Gaps) != 0 {
		t.Errorf("got %+v, %v, want one slot, which is up", sum, err)
	}
}
