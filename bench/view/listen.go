package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

const (
	aimListeners = 50 // MiB
	slowOnes     = 5
)

// heard opens many streams of events, and sees what that costs.
func (l *lab) heard(ctx context.Context, w *watcher) error {
	before, err := w.watch(ctx, l.listen)
	if err != nil {
		return err
	}
	c, err := rig.Again("-listen", w.address, "-listeners", fmt.Sprint(l.listeners), "-slow", fmt.Sprint(slowOnes))
	if err != nil {
		return err
	}
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	end := func() (string, error) {
		in.Close()
		said, _ := io.ReadAll(out)
		return strings.TrimSpace(string(said)), c.Wait()
	}
	during, err := w.watch(ctx, l.listen)
	if err != nil {
		end()
		return err
	}
	dropped, err := w.dropped(ctx)
	if err != nil {
		end()
		return err
	}
	said, err := end()
	if err != nil {
		return fmt.Errorf("the listeners: %w: %s", err, said)
	}
	l.table.most(fmt.Sprintf("%d listeners at %d measurements/s: resident, more than without", l.listeners, l.rate), mib(during.resident-before.resident), aimListeners,
		"MiB", fmt.Sprintf("%.0f and %.0f MiB; %s", mib(during.resident), mib(before.resident), said))
	l.table.least("listeners that do not read, dropped and counted", float64(dropped), slowOnes, "", "")
	l.table.least("measurements saved, of those without listeners", during.rate/before.rate, 0.99, "", fmt.Sprintf("%.0f and %.0f/s", during.rate, before.rate))
	l.table.note("wait for the store, p50, p99, with and without listeners", fmt.Sprintf("%.0f, %.0f and %.0f, %.0f ms",
		ms(at(during.delays, 0.5)), ms(at(during.delays, 0.99)), ms(at(before.delays, 0.5)), ms(at(before.delays, 0.99))))
	l.table.note("lag of the rollups, p99, with and without listeners", fmt.Sprintf("%.1f and %.1f s", at(during.lags, 0.99).Seconds(), at(before.lags, 0.99).Seconds()))
	l.table.note("processor time of the collector, with and without listeners", fmt.Sprintf("%.0f and %.0f %% of a core", 100*during.processor, 100*before.processor))
	return nil
}

// dropped is how many listeners were sent away; it waits a minute for all that do not read.
func (w *watcher) dropped(ctx context.Context) (n int64, err error) {
	for range 60 {
		n, err = w.metric(ctx, "monitorink_event_listeners_dropped_total")
		if err != nil || n >= slowOnes || !rig.Pause(ctx, time.Second) {
			break
		}
	}
	return n, err
}

// listen opens streams until its input ends, and then tells what they heard.
func listen(address string, count, slow int) error {
	var events, bytes, ended atomic.Int64
	var all sync.WaitGroup
	var conns []net.Conn
	for i := range count + slow {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		conns = append(conns, c)
		if i < slow {
			c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		if _, err := fmt.Fprintf(c, "GET /api/v1/events HTTP/1.1\r\nHost: %s\r\n\r\n", address); err != nil {
			return err
		}
		if i < slow {
			continue
		}
		all.Go(func() {
			defer ended.Add(1)
			lines := bufio.NewReaderSize(c, 4<<10)
			for {
				line, err := lines.ReadSlice('\n')
				if bytes.Add(int64(len(line))); err != nil && !errors.Is(err, bufio.ErrBufferFull) {
					return
				}
				if strings.HasPrefix(string(line), "event: change") {
					events.Add(1)
				}
			}
		})
	}
	began := time.Now()
	io.Copy(io.Discard, os.Stdin)
	took, lost := time.Since(began).Seconds(), ended.Load()
	for _, c := range conns {
		c.Close()
	}
	all.Wait()
	if lost > 0 {
		return fmt.Errorf("%d of %d streams ended by themselves", lost, count)
	}
	fmt.Printf("%.2f changes and %.0f kB a second each\n", float64(events.Load())/took/float64(count), float64(bytes.Load())/took/float64(count)/1e3)
	return nil
}
