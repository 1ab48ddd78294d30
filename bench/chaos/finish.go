package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/bench/internal/rig"
)

// calm ends the storm: every daemon gets ready again, the monitors are removed, and
// everything that they left reaches the store. With Kafka the topic is then replayed
// as a whole, which must change nothing. At last both daemons end by SIGTERM.
func (w *world) calm(ctx context.Context) error {
	w.say("healed")
	if err := w.ready(ctx, 2*time.Minute); err != nil {
		return err
	}
	// A while of peace, so that there is something to compare with.
	pause(ctx, 2*time.Second)
	w.failed(w.heartbeat.term())
	w.book.clear()
	if err := w.heartbeat.start(); err != nil {
		return err
	}
	if err := w.drained(ctx); err != nil {
		return err
	}
	w.say("drained")
	if w.queue == "kafka" {
		if err := w.replayAll(ctx); err != nil {
			return err
		}
	}
	w.failed(w.heartbeat.term())
	for _, c := range w.collectors {
		w.failed(c.p.term())
	}
	return w.noLetters()
}

// drained waits until the spool is empty and the store has all of the topic. It
// gives up when nothing moves for a minute and a half.
func (w *world) drained(ctx context.Context) error {
	least, moved := int64(1<<62), time.Now()
	stuck := func() bool { return time.Since(moved) > 90*time.Second }
	return until(ctx, time.Hour, "everything is in the store", func() (bool, error) {
		left, err := w.left()
		if err == nil && left < least {
			least, moved = left, time.Now()
		}
		return err == nil && left == 0, errors.Join(err, fmt.Errorf("%d events are on their way", left))
	}, stuck)
}

// left is how many events have not reached the store.
func (w *world) left() (int64, error) {
	n, err := depth(w.heartbeat.addr)
	if err != nil || w.queue != "kafka" {
		return n, err
	}
	written, err := w.ends(topic)
	if err != nil {
		return 0, err
	}
	k, err := rig.Dial([]string{local(w.servers.kafka)})
	if err != nil {
		return 0, err
	}
	defer k.Close()
	done, err := k.Committed(group, topic)
	return n + written - done, err
}

// ends is how many messages a topic ever had.
func (w *world) ends(topic string) (int64, error) {
	client, err := sarama.NewClient([]string{local(w.servers.kafka)}, rig.Config())
	if err != nil {
		return 0, err
	}
	defer client.Close()
	var n int64
	for p := range int32(rig.Partitions) {
		end, err := client.GetOffset(topic, p, sarama.OffsetNewest)
		if err != nil {
			return 0, err
		}
		n += end
	}
	return n, nil
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

// replay stops the collectors, lets their group begin at the start of the topic, and
// starts them again.
func (w *world) replay(ctx context.Context) error {
	var all sync.WaitGroup
	for _, c := range w.collectors {
		c.Lock()
		defer c.Unlock()
		all.Go(func() { w.failed(c.p.term()) })
	}
	all.Wait()
	// One that was killed counts as a member for some more seconds, and the broker
	// may be away.
	err := until(ctx, 40*time.Second, "the group's offsets are reset", func() (bool, error) {
		out, err := w.servers.script("kafka.sh", "groups", "--group", group, "--topic", topic, "--reset-offsets", "--to-earliest", "--execute")
		if err == nil && strings.Contains(out, "Error") {
			err = errors.New(out)
		}
		return err == nil, err
	}, nil)
	for _, c := range w.collectors {
		err = errors.Join(err, c.start())
	}
	return err
}

// replayAll replays what is drained, and holds the store against what it was.
func (w *world) replayAll(ctx context.Context) error {
	before, err := w.digest(ctx)
	if err != nil {
		return err
	}
	if err := w.replay(ctx); err != nil {
		return err
	}
	if left, err := w.left(); err == nil && left == 0 {
		w.failed(errors.New("the replay at the end had nothing to replay"))
	}
	if err := w.drained(ctx); err != nil {
		return err
	}
	after, err := w.digest(ctx)
	if err == nil && before != after {
		w.failed(fmt.Errorf("a replay changed the store from %s to %s", before, after))
	}
	w.say("replayed")
	return err
}

// digest is of everything in the store.
func (w *world) digest(ctx context.Context) (text string, err error) {
	db, err := w.servers.connect(ctx)
	if err != nil {
		return "", err
	}
	defer db.Close(context.Background())
	for _, table := range []string{"series", "measurement", "gap", "registration"} {
		var sum string
		query := fmt.Sprintf("select count(*) || ' of ' || coalesce(sum(hashtextextended(t::text, 0)), 0) from %s t", table)
		if err := db.QueryRow(ctx, query).Scan(&sum); err != nil {
			return "", err
		}
		text += table + " " + sum + "; "
	}
	return text, nil
}

// noLetters wants no dead letter.
func (w *world) noLetters() error {
	if deadOnDisk(w.data()) {
		w.failed(errors.New("there are dead letters in the spool's folder"))
	}
	if w.queue != "kafka" {
		return nil
	}
	n, err := w.ends(letters)
	if err == nil && n > 0 {
		w.failed(fmt.Errorf("there are %d dead letters", n))
	}
	return err
}
