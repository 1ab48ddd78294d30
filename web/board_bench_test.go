package web

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store"
)

// fleet is n rows of a board, as they are after the k-th look.
func fleet(n, k int) []*row {
	rows := make([]*row, n)
	for i := range rows {
		id, at := fmt.Sprintf("service-%05d", i), time.UnixMilli(1_790_000_000_000+int64(k)*1000)
		rows[i] = rowOf(&store.MonitorStatus{
			Monitor: id, Location: "ber1",
			Registration: &data.Registration{
				URL: "https://" + id + ".shop.example/health", Schedule: data.Schedule{Every: data.Duration(10 * time.Second)},
				Labels: map[string]string{"team": fmt.Sprint("team-", i%17), "env": []string{"prod", "test"}[i%2]},
			},
			Last: &data.Measurement{
				Scheduled: at, State: data.Up, HTTP: &data.HTTP{Status: 200}, TLS: &data.TLS{Expires: at.Add(time.Duration(i) * time.Hour)},
				Phases: data.Phases{Total: data.SpanOf(time.Duration(20_000+(i+k)*7919%90_000) * time.Microsecond)},
			},
		})
	}
	return rows
}

func filledBoard(n int) *board {
	b := newBoard(Options{Logger: slog.New(slog.DiscardHandler)})
	b.apply(fleet(n, 0), "0")
	b.first = make(chan struct{})
	close(b.first) // as if it had looked
	return b
}

// A change of 1,000 monitors, and the first who asks after it.
func BenchmarkOverviewChanged(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			board, changed := filledBoard(n), [][]*row{fleet(1000, 1), fleet(1000, 2)}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				board.apply(changed[i%2], fmt.Sprint(i))
				v, err := board.now(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				o := v.encoded()
				b.ReportMetric(float64(len(o.plain))/float64(n), "B/monitor")
				b.ReportMetric(float64(len(o.gzip))/float64(n), "gzip-B/monitor")
			}
		})
	}
}

// A change of 1,000 monitors, told to 1,000 who listen.
func BenchmarkChangeTold(b *testing.B) {
	board, changed := filledBoard(10_000), [][]*row{fleet(1000, 1), fleet(1000, 2)}
	var all []*listener
	for range 1000 {
		l, err := board.listen(b.Context(), "", nil)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, l)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		board.apply(changed[i%2], fmt.Sprint(i))
		for _, l := range all {
			for len(l.queue) > 0 {
				b.ReportMetric(float64(len((<-l.queue).form)), "B/told")
			}
		}
	}
}

// A list of 10,000, chosen and sorted.
func BenchmarkFind(b *testing.B) {
	board := filledBoard(10_000)
	v, err := board.now(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	q := &query{find: finding{text: "shop.example", labels: []label{{"env", "prod"}}, sort: "-latency"}}
	b.ReportAllocs()
	for b.Loop() {
		if found, _, err := q.find.page(v.rows, q); err != nil || len(found) != store.DefaultLimit {
			b.Fatal(len(found), err)
		}
	}
}
