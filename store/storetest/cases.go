package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

type asking[E any] func(context.Context, store.Query) (store.Page[E], error)

func summarize(t *testing.T, s store.Reader, q store.Query) string {
	t.Helper()
	sum, err := s.Summary(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("up %d, down %d, gaps %v", sum.Up, sum.Down, sum.Gaps)
}

func wantSummary(t *testing.T, s store.Reader, q store.Query, want string) {
	t.Helper()
	if got := summarize(t, s, q); got != want {
		t.Errorf("summary of %+v: got %s, want %s", q, got, want)
	}
}

func savesNothing(t *testing.T, s store.Store) {
	save(t, s)
	page, err := s.Monitors(t.Context(), store.MonitorQuery{})
	if err != nil || len(page.Items) != 0 || page.Next != "" {
		t.Errorf("got %+v, %v of an empty store", page, err)
	}
}

// everyQuestion asks all that is asked of one monitor.
func everyQuestion(ctx context.Context, s store.Reader, id string) map[string]error {
	q := store.Query{Monitor: id}
	_, monitor := s.Monitor(ctx, id)
	_, measurements := s.Measurements(ctx, q)
	_, gaps := s.Gaps(ctx, q)
	_, registrations := s.Registrations(ctx, q)
	_, summary := s.Summary(ctx, q)
	_, incidents := s.Incidents(ctx, q)
	_, series := s.Series(ctx, store.SeriesQuery{Monitor: id, From: at(0), To: at(1), Step: store.Minute})
	return map[string]error{
		"Monitor": monitor, "Measurements": measurements, "Gaps": gaps, "Registrations": registrations, "Summary": summary, "Incidents": incidents, "Series": series,
	}
}

func unknown(t *testing.T, s store.Store) {
	save(t, s, registration("shop", "ber1", 0))
	for name, err := range everyQuestion(t.Context(), s, "Shop") {
		if !errors.Is(err, store.ErrUnknown) {
			t.Errorf("%s: got %v, want ErrUnknown", name, err)
		}
	}
	for name, err := range everyQuestion(t.Context(), s, "shop") {
		if err != nil {
			t.Errorf("%s of a monitor without measurements: %v", name, err)
		}
	}
}

func refuses(t *testing.T, s store.Store) {
	bad, worse, reversed := up("shop", "ber1", 1), up("", "ber1", 1), gap("shop", "ber1", 3, 2, data.Stopped)
	bad.State = "sideways"
	events := []data.Event{up("shop", "ber1", 0), bad, nil, down("shop", "ber1", 2), worse, reversed, (*data.Gap)(nil), registration("shop", "ber1", 0)}
	refused, err := s.Save(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, r := range refused {
		if r.Err == nil {
			t.Errorf("the refusal of event %d has no reason", r.Index)
		}
		got = append(got, r.Index)
	}
	slices.Sort(got)
	if want := []int{1, 2, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("refused are %v, want %v", got, want)
	}
	m := model{}
	m.save([]data.Event{events[0], events[3], events[7]})
	askOne(t, s, m, store.Query{Monitor: "shop"})
}

func cancelled(t *testing.T, s store.Store) {
	save(t, s, up("shop", "ber1", 0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Save(ctx, []data.Event{up("shop", "ber1", 1)})
	_, listed := s.Monitors(ctx, store.MonitorQuery{})
	errs := everyQuestion(ctx, s, "shop")
	errs["Save"], errs["Monitors"] = err, listed
	for name, err := range errs {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
	wantSummary(t, s, store.Query{Monitor: "shop"}, "up 1, down 0, gaps map[]")
}

func anyID(t *testing.T, s store.Store) {
	ids := []string{
		"a", "A", "a ", " a", "a/b", "a//b", "/", "..", "../a", "a%2Fb", "%", "_", "*", `"`, `\`, "'; drop table series; --", "$1", "{}", "null",
		"<script>alert(1)</script>", "é", "e\u0301", "🙂", "日本", "\u202e", "a\u00a0b", strings.Repeat("x", data.MaxID), strings.Repeat("ü", data.MaxID/2),
	}
	m := model{}
	for i, id := range ids {
		events := []data.Event{up(id, ids[len(ids)-1-i], 0), gap(id, ids[i], 1, 2, data.Stopped), registration(id, ids[i], 0)}
		m.save(events)
		save(t, s, events...)
	}
	var got []string
	for _, st := range pages(t, 3, func(after string) (store.Page[store.MonitorStatus], error) {
		return s.Monitors(t.Context(), store.MonitorQuery{Limit: 3, After: after})
	}) {
		got = append(got, statusText(st))
	}
	same(t, "monitors", got, m.monitors())
	for i, id := range ids {
		askOne(t, s, m, store.Query{Monitor: id, Limit: 1})
		askOne(t, s, m, store.Query{Monitor: id, Location: ids[i]})
	}
}

func earlier(t *testing.T, s store.Store) {
	late, early := down("shop", "ber1", 0), up("shop", "ber1", 0)
	late.Started = early.Started.Add(time.Microsecond)
	for _, order := range [][]data.Event{{late, early}, {early, late}, {late}} {
		save(t, s, order...)
		got := list(t, store.Query{Monitor: "shop"}, s.Measurements)
		same(t, "the slot", texts(got), texts([]*data.Measurement{early}))
	}
}

func attempts(t *testing.T, s store.Store) {
	second, third := down("shop", "ber1", 0), up("shop", "ber1", 0)
	second.Attempt, third.Attempt = 2, 3
	save(t, s, third, second, down("shop", "ber1", 0))
	var order []int
	for _, m := range list(t, store.Query{Monitor: "shop", Limit: 2}, s.Measurements) {
		order = append(order, m.Attempt)
	}
	if want := []int{3, 2, 1}; !slices.Equal(order, want) {
		t.Errorf("attempts come as %v, want %v", order, want)
	}
	wantSummary(t, s, store.Query{Monitor: "shop"}, "up 1, down 0, gaps map[]")
	st, err := s.Monitor(t.Context(), "shop")
	if err != nil || len(st) != 1 || st[0].Last == nil || st[0].Last.Attempt != 3 {
		t.Errorf("the last measurement is not the last attempt: %+v, %v", st, err)
	}
}

func measuredWins(t *testing.T, s store.Store) {
	retried := down("shop", "ber1", 3)
	retried.Attempt = 2
	save(t, s, up("shop", "ber1", 3), gap("shop", "ber1", 0, 9, data.Stopped), up("shop", "ham1", 4), retried)
	for q, want := range map[store.Query]string{
		{}:                       "up 1, down 1, gaps map[stopped:9]",
		{Location: "ber1"}:       "up 0, down 1, gaps map[stopped:9]",
		{Location: "ham1"}:       "up 1, down 0, gaps map[]",
		{From: at(2), To: at(5)}: "up 1, down 1, gaps map[stopped:2]",
		{From: at(9)}:            "up 0, down 0, gaps map[stopped:1]",
		{To: at(1)}:              "up 0, down 0, gaps map[stopped:1]",
		{To: at(0)}:              "up 0, down 0, gaps map[]",
	} {
		q.Monitor = "shop"
		wantSummary(t, s, q, want)
	}
	for n := range 10 {
		save(t, s, up("shop", "ber1", n))
	}
	wantSummary(t, s, store.Query{Monitor: "shop", Location: "ber1"}, "up 9, down 1, gaps map[]")
}

func gapsOverlap(t *testing.T, s store.Store) {
	save(t, s, gap("shop", "ber1", 4, 9, data.Overlap), gap("shop", "ber1", 0, 5, data.Stopped), gap("shop", "ber1", 2, 3, data.Overload))
	wantSummary(t, s, store.Query{Monitor: "shop"}, "up 0, down 0, gaps map[overlap:4 stopped:6]")
	save(t, s, gap("shop", "ber1", 0, 5, data.Stopped), up("shop", "ber1", 5), up("shop", "ber1", 6))
	wantSummary(t, s, store.Query{Monitor: "shop"}, "up 2, down 0, gaps map[overlap:3 stopped:5]")
}

func bounds(t *testing.T, s store.Store) {
	for n := range 5 {
		save(t, s, up("shop", "ber1", n))
	}
	save(t, s, gap("shop", "ber1", 10, 12, data.Clock))
	m := model{}
	for n := 1; n < 3; n++ {
		m.save([]data.Event{up("shop", "ber1", n)})
	}
	q := store.Query{Monitor: "shop", From: at(1), To: at(3)}
	askOne(t, s, m, q)
	q.From, q.To = q.From.In(time.FixedZone("", 7200)), q.To.In(time.FixedZone("", -7200))
	askOne(t, s, m, q)
	for n, want := range map[[2]int]int{{8, 10}: 0, {8, 11}: 1, {11, 12}: 1, {12, 13}: 1, {13, 14}: 0} {
		got := list(t, store.Query{Monitor: "shop", From: at(n[0]), To: at(n[1])}, s.Gaps)
		if len(got) != want {
			t.Errorf("a gap from slot 10 to 12 comes %d times from %d to %d, want %d", len(got), n[0], n[1], want)
		}
	}
}

func locations(t *testing.T, s store.Store) {
	events := []data.Event{up("shop", "ber1", 0), down("shop", "ham1", 0), registration("shop", "ham1", 0), gap("shop", "nyc1", 0, 1, data.Paused)}
	m := model{}
	m.save(events)
	save(t, s, events...)
	for _, l := range []string{"", "ber1", "ham1", "nyc1", "BER1", "nowhere"} {
		askOne(t, s, m, store.Query{Monitor: "shop", Location: l})
	}
	all, err := s.Monitor(t.Context(), "shop")
	if err != nil || len(all) != 3 || all[0].Location != "ber1" || all[2].Location != "nyc1" || all[2].Last != nil || all[1].Registration == nil {
		t.Errorf("got %+v, %v", all, err)
	}
}

func registrations(t *testing.T, s store.Store) {
	removed := &data.Registration{Monitor: "shop", Location: "ber1", Instance: "i", Version: "v", From: at(2), Removed: true}
	save(t, s, removed, registration("shop", "ber1", 0), registration("shop", "ber1", 1), registration("shop", "ber1", 1))
	got := list(t, store.Query{Monitor: "shop", Limit: 1}, s.Registrations)
	same(t, "history", texts(got), texts([]*data.Registration{removed, registration("shop", "ber1", 1), registration("shop", "ber1", 0)}))
	st, err := s.Monitor(t.Context(), "shop")
	if err != nil || len(st) != 1 || st[0].Registration == nil || !st[0].Registration.Removed {
		t.Fatalf("a removed monitor: got %+v, %v", st, err)
	}
	save(t, s, registration("shop", "ber1", 3))
	if st, err = s.Monitor(t.Context(), "shop"); err != nil || st[0].Registration.Removed {
		t.Errorf("a monitor that is back: got %+v, %v", st, err)
	}
}

func limits(t *testing.T, s store.Store) {
	var events []data.Event
	for n := range store.MaxLimit + 5 {
		events = append(events, up("shop", "ber1", n), registration(fmt.Sprintf("m%04d", n), "ber1", 0))
	}
	save(t, s, events...)
	for limit, want := range map[int]int{0: store.DefaultLimit, -1: store.DefaultLimit, 1: 1, store.MaxLimit: store.MaxLimit, 1 << 40: store.MaxLimit} {
		page, err := s.Measurements(t.Context(), store.Query{Monitor: "shop", Limit: limit})
		if err != nil || len(page.Items) != want || page.Next == "" {
			t.Errorf("limit %d: got %d measurements, %v; want %d", limit, len(page.Items), err, want)
		}
		all, err := s.Monitors(t.Context(), store.MonitorQuery{Limit: limit})
		if err != nil || len(all.Items) != want || all.Next == "" {
			t.Errorf("limit %d: got %d monitors, %v; want %d", limit, len(all.Items), err, want)
		}
	}
	page, err := s.Measurements(t.Context(), store.Query{Monitor: "shop", Limit: 5, To: at(5)})
	if err != nil || len(page.Items) != 5 || page.Next != "" {
		t.Errorf("a page that is full and the last: got %d, next %q, %v", len(page.Items), page.Next, err)
	}
}

func cursors(t *testing.T, s store.Store) {
	for n := range 2 {
		save(t, s, up("shop", "ber1", n), gap("shop", "ber1", n, n, data.Clock), registration("shop", "ber1", n), up("other", "ber1", n))
	}
	q := store.Query{Monitor: "shop", Limit: 1}
	asks := map[string]func(after string) (string, error){
		"measurements":  next(t, q, s.Measurements),
		"gaps":          next(t, q, s.Gaps),
		"registrations": next(t, q, s.Registrations),
		"monitors": func(after string) (string, error) {
			page, err := s.Monitors(t.Context(), store.MonitorQuery{Limit: 1, After: after})
			return page.Next, err
		},
	}
	foreign := map[string]string{"nothing": "", "a word": "shop", "not text": "\x00\xff", "JSON": `{}`, "base64 of JSON": "e30", "much": strings.Repeat("A", 10_000)}
	for name, ask := range asks {
		cursor, err := ask("")
		if err != nil || cursor == "" {
			t.Fatalf("%s: got cursor %q, %v", name, cursor, err)
		}
		foreign[name] = cursor
	}
	delete(foreign, "nothing")
	for name, ask := range asks {
		foreign["a part"] = foreign[name][:len(foreign[name])-1]
		for from, cursor := range foreign {
			_, err := ask(cursor)
			if from == name && err != nil || from != name && !errors.Is(err, store.ErrCursor) {
				t.Errorf("%s with a cursor of %s: got %v", name, from, err)
			}
		}
	}
}

func next[E any](t *testing.T, q store.Query, ask asking[E]) func(string) (string, error) {
	return func(after string) (string, error) {
		q.After = after
		page, err := ask(t.Context(), q)
		return page.Next, err
	}
}

func stable(t *testing.T, s store.Store) {
	for n := 0; n < 20; n += 2 {
		save(t, s, up("shop", "ber1", n))
	}
	var got []string
	q, fresh := store.Query{Monitor: "shop", Limit: 3}, 100
	for {
		page, err := s.Measurements(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, texts(page.Items)...)
		if q.After = page.Next; q.After == "" {
			break
		}
		save(t, s, up("shop", "ber1", fresh), up("shop", "ber1", 19), up("shop", "ber1", 1), up("shop", "aaa", 20))
		fresh++
	}
	var want []string
	for n := 18; n >= 0; n-- {
		if n%2 == 0 || n == 1 {
			want = append(want, text(up("shop", "ber1", n)))
		}
	}
	same(t, "pages", got, want)
}

func acknowledged(t *testing.T, s store.Store) {
	var writers sync.WaitGroup
	for w := range 4 {
		id := fmt.Sprintf("monitor %d", w)
		writers.Go(func() {
			for n := range 25 {
				if _, err := s.Save(t.Context(), []data.Event{up(id, "ber1", n)}); err != nil {
					t.Error(err)
					return
				}
				st, err := s.Monitor(t.Context(), id)
				if err != nil || len(st) != 1 || st[0].Last == nil || !st[0].Last.Scheduled.Equal(at(n)) {
					t.Errorf("after saving slot %d of %s: got %+v, %v", n, id, st, err)
					return
				}
			}
		})
	}
	writers.Wait()
}
