package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// settle is how long the last rows may take.
const settle = 3 * time.Second

// serve is the target of all probes.
func serve() (url string, end func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	body := []byte(strings.Repeat("x", 1<<10))
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })}
	go s.Serve(ln) // ends with Close
	return "http://" + ln.Addr().String(), func() { s.Close() }, nil
}

// write makes the file of monitors.
func (s setup) write(dir, target string) (string, error) {
	var b strings.Builder
	b.WriteString("monitors:\n")
	for i := range s.monitors {
		fmt.Fprintf(&b, "  - { id: m%04d, url: %q, every: 1s, timeout: 1s }\n", i, fmt.Sprintf("%s/%d", target, i))
	}
	name := filepath.Join(dir, "monitors.yaml")
	return name, os.WriteFile(name, []byte(b.String()), 0o600)
}

// measure runs both daemons for a while, and says how long rows took.
func (s setup) measure(ctx context.Context, set setting, k *rig.Kafka, pg *rig.Postgres, target, dir string) (*result, error) {
	topic, letters, group := rig.Name("events"), rig.Name("dlq"), rig.Name("group")
	remove, err := k.Create(topic, letters)
	if err != nil {
		return nil, err
	}
	defer remove()
	defer k.DropGroup(group)
	name, db, drop, err := pg.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	defer drop()
	url, err := rig.In(s.Postgres, name)
	if err != nil {
		return nil, err
	}
	monitors, err := s.write(dir, target)
	if err != nil {
		return nil, err
	}
	env := append([]string{
		"MONITORINK_QUEUE=kafka", "MONITORINK_KAFKA_BROKERS=" + strings.Join(k.Brokers, ","), "MONITORINK_KAFKA_TOPIC=" + topic,
		"MONITORINK_KAFKA_DLQ_TOPIC=" + letters, "MONITORINK_KAFKA_GROUP=" + group,
		"MONITORINK_STORE=postgres", "MONITORINK_POSTGRES_URL=" + url, "MONITORINK_LOG_LEVEL=warn",
		"MONITORINK_COLLECTOR_ADDR=127.0.0.1:0", "MONITORINK_HEARTBEAT_ADDR=127.0.0.1:0",
		"MONITORINK_MONITORS=" + monitors, "MONITORINK_LOCATION=bench", "MONITORINK_DATA_DIR=" + filepath.Join(dir, name),
	}, set.env...)
	before, _ := pg.Processor()
	collector, err := rig.Start(s.collector, env, "run")
	if err != nil {
		return nil, err
	}
	defer collector.Kill()
	heartbeat, err := rig.Start(s.heartbeat, env, "run")
	if err != nil {
		return nil, err
	}
	defer heartbeat.Kill()

	from := time.Now().Add(s.warm)
	to := from.Add(s.counted)
	h, err := watchUntil(ctx, db, to.Add(settle))
	if err != nil {
		return nil, err
	}
	after, _ := pg.Processor()
	r, err := read(ctx, db, h, from, to)
	if err != nil {
		return nil, err
	}
	r.server = after - before
	var errs [2]error
	r.heartbeat, errs[0] = heartbeat.Stop()
	r.collector, errs[1] = collector.Stop()
	return r, errors.Join(errs[:]...)
}

func watchUntil(ctx context.Context, db *pgx.Conn, end time.Time) (history, error) {
	until, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	h, err := watch(until, db)
	if err == nil {
		err = ctx.Err()
	}
	return h, err
}

// A result is what one setting gave.
type result struct {
	took                 []time.Duration // ascending
	all                  int64           // rows, those of the warm-up included
	heartbeat, collector rig.Usage
	server               time.Duration
}

// read takes every row whose probe began between two instants.
func read(ctx context.Context, db *pgx.Conn, h history, from, to time.Time) (*result, error) {
	r := &result{}
	if err := db.QueryRow(ctx, "select count(*) from measurement").Scan(&r.all); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, `select started + make_interval(secs => coalesce(total_us, 0) / 1e6), xmin::text::bigint
		from measurement where started >= $1 and started < $2`, from, to)
	if err != nil {
		return nil, err
	}
	var ended time.Time
	var xid int64
	unseen := 0
	_, err = pgx.ForEachRow(rows, []any{&ended, &xid}, func() error {
		if at, ok := h.seen(uint32(xid)); ok {
			r.took = append(r.took, at.Sub(ended))
		} else {
			unseen++
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case unseen > 0:
		return nil, fmt.Errorf("%d rows came later than %s after the end", unseen, settle)
	case len(r.took) == 0:
		return nil, errors.New("no row came")
	}
	slices.Sort(r.took)
	return r, nil
}

// String is the result as a line of the table.
func (r *result) String() string {
	at := func(share float64) float64 {
		return float64(r.took[min(int(share*float64(len(r.took))), len(r.took)-1)].Microseconds()) / 1e3
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(r.all) }
	return fmt.Sprintf("%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t", len(r.took), at(0.5), at(0.9), at(0.99), at(1),
		each(r.heartbeat.Processor), each(r.collector.Processor), each(r.server))
}
