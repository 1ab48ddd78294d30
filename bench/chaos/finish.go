package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// calm ends the storm: every daemon gets ready again, the monitors are removed, and
// everything that they left reaches the store. With Kafka the topic is then replayed
// as a whole, which must change nothing: heartbeat has ended by then, for the keeper
// has a slot at some time of the day, too. At last the collectors end by SIGTERM.
func (w *world) calm(ctx context.Context) error {
	w.say("healed")
	if err := w.ready(ctx, 2*time.Minute); err != nil {
		return err
	}
	// A while of peace, so that there is something to compare with.
	rig.Pause(ctx, 2*time.Second)
	w.failed(w.heartbeat.term())
	w.book.clear()
	if err := w.heartbeat.start(); err != nil {
		return err
	}
	if err := w.drained(ctx); err != nil {
		return err
	}
	w.say("drained")
	w.failed(w.heartbeat.term())
	if w.queue == "kafka" {
		if err := w.replayAll(ctx); err != nil {
			return err
		}
	}
	for _, c := range w.collectors {
		w.failed(c.p.term())
	}
	return w.noLetters()
}

// drained waits until heartbeat has told what it found at its start, the spool is
// empty, and the store has all of the topic.
func (w *world) drained(ctx context.Context) error {
	return emptied(ctx, "everything is in the store", func() (int64, error) {
		if problems, ok := readyz(w.heartbeat.addr); !ok || problems["start"] {
			return 0, errors.New("heartbeat is starting")
		}
		n, err := depth(w.heartbeat.addr) // before the topic: what goes there meanwhile counts twice
		if err != nil || w.queue != "kafka" {
			return n, err
		}
		behind, err := w.behind()
		return n + behind, err
	})
}

// emptied waits until nothing is left. It gives up when nothing moves for a minute
// and a half.
func emptied(ctx context.Context, what string, left func() (int64, error)) error {
	least, moved := int64(1<<62), time.Now()
	stuck := func() bool { return time.Since(moved) > 90*time.Second }
	return until(ctx, time.Hour, what, func() (bool, error) {
		n, err := left()
		if err != nil {
			return false, err
		}
		if n < least {
			least, moved = n, time.Now()
		}
		return n == 0, fmt.Errorf("%d events are on their way", n)
	}, stuck)
}

// behind is how many messages of the topic have not reached the store.
func (w *world) behind() (n int64, err error) {
	k, err := rig.Dial([]string{local(w.servers.kafka)})
	if err != nil {
		return 0, err
	}
	defer k.Close()
	all, err := k.Behind(group, topic)
	for _, behind := range all {
		n += behind
	}
	return n, err
}

// depth is what heartbeat says that its queue holds.
func depth(addr string) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "monitorink_queue_depth "); ok {
			f, err := strconv.ParseFloat(value, 64)
			return int64(f), err
		}
	}
	return 0, errors.New("heartbeat's metrics do not have monitorink_queue_depth")
}

// noLetters wants no dead letter.
func (w *world) noLetters() error {
	if deadOnDisk(w.data()) {
		w.failed(errors.New("there are dead letters in the spool's folder"))
	}
	if w.queue != "kafka" {
		return nil
	}
	k, err := rig.Dial([]string{local(w.servers.kafka)})
	if err != nil {
		return err
	}
	defer k.Close()
	ends, err := k.Ends(letters)
	var n int64
	for _, end := range ends {
		n += end
	}
	if err == nil && n > 0 {
		w.failed(fmt.Errorf("there are %d dead letters", n))
	}
	return err
}
