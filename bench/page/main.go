package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/web"
)

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "127.0.0.1:0", "where it listens; it prints the address")
	flag.IntVar(&o.monitors, "monitors", 50, "monitors")
	flag.IntVar(&o.history, "history", 60, "monitors with 90 days behind them; the others have one measurement")
	flag.IntVar(&o.rate, "rate", 0, "measurements a second, from now on")
	flag.BoolVar(&o.odd, "odd", true, "some ids and labels are what trips pages over")
	flag.Uint64Var(&o.seed, "seed", 7, "of what is made up")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

type options struct {
	addr                    string
	monitors, history, rate int
	odd                     bool
	seed                    uint64
}

func run(ctx context.Context, o options) error {
	s := memory.New(memory.Options{})
	w := &world{random: rand.New(rand.NewPCG(o.seed, 0)), monitors: o.monitors, odd: o.odd}
	if err := w.fill(ctx, s, o.history, time.Now().UTC().Truncate(time.Second)); err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: web.New(web.Options{Store: s, Ending: ctx.Done(), Status: web.StatusOptions{Labels: []string{"tier:0"}, Title: "Status"}}), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { srv.Close() })
	fmt.Printf("http://%s/\n", l.Addr())
	if o.rate > 0 {
		go w.live(ctx, s, o.rate) // ends with ctx, as the process does
	}
	if err := srv.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

// live saves o.rate measurements a second, ten times a second.
func (w *world) live(ctx context.Context, s *memory.Store, rate int) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			events := make([]data.Event, rate/10)
			for n := range events {
				events[n] = w.measurement(i%w.monitors, now.UTC())
				i++
			}
			if _, err := s.Save(ctx, events); err != nil {
				fmt.Fprintln(os.Stderr, "page: save:", err)
			}
		}
	}
}
