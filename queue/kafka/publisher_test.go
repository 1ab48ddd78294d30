package kafka_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

func numbered(from, to int) []queue.Message {
	var all []queue.Message
	for i := from; i < to; i++ {
		all = append(all, queue.Message{Key: fmt.Sprintf("k%d", i%17), Kind: data.KindMeasurement, Value: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return all
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func TestPublishedRecordsCarryKeyAndHeaders(t *testing.T) {
	t.Parallel()
	_, o := fake(t)
	p := publisher(t, o)
	want := map[string]string{}
	for _, k := range []data.Kind{data.KindMeasurement, data.KindGap, data.KindRegistration} {
		if err := p.Publish(t.Context(), []queue.Message{{Key: "shop-" + string(k), Kind: k, Value: []byte("{}")}}); err != nil {
			t.Fatal(err)
		}
		want["shop-"+string(k)] = fmt.Sprintf("content-type=application/json kind=%s schema=%s/1", k, k)
	}
	found, err := records(t, o, o.Topic)
	if err != nil || len(found) != 3 {
		t.Fatalf("got %d records, %v", len(found), err)
	}
	for _, m := range found {
		var headers []string
		for _, h := range m.Headers {
			headers = append(headers, string(h.Key)+"="+string(h.Value))
		}
		if got := strings.Join(headers, " "); got != want[string(m.Key)] {
			t.Errorf("%s: got %s, want %s", m.Key, got, want[string(m.Key)])
		}
	}
}

func TestMissingTopicIsNamedAndNotMade(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	o.Topic = "nowhere"
	p := publisher(t, o)
	if err := p.Publish(t.Context(), numbered(0, 3)); err == nil || !strings.Contains(err.Error(), "nowhere") || !strings.Contains(err.Error(), "topics apply") {
		t.Errorf("got %v, want the topic and the remedy", err)
	}
	if c.TopicInfo("nowhere") != nil {
		t.Error("the topic was made")
	}
	if err := c.CreateTopic("nowhere", 1, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(t.Context(), numbered(0, 3)); err != nil {
		t.Errorf("after the topic was made: %v", err)
	}
}

func TestTooLargeIsNamedAndTheOthersArePublished(t *testing.T) {
	t.Parallel()
	_, o := fake(t)
	p := publisher(t, o)
	messages := numbered(0, 20)
	messages[13].Value = noise(2_000_000)
	err := p.Publish(t.Context(), messages)
	if !errors.Is(err, queue.ErrTooLarge) || !strings.Contains(err.Error(), "2000000 bytes") || !strings.Contains(err.Error(), "message 14") {
		t.Fatalf("got %v, want that message 14 is too large", err)
	}
	found, err := records(t, o, o.Topic)
	if err != nil || len(found) != 19 {
		t.Errorf("got %d records, %v, want the 19 others", len(found), err)
	}
	messages[13].Value = noise(70 << 20)
	if err := p.Publish(t.Context(), messages[13:14]); !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("70 MiB: got %v, want %v", err, queue.ErrTooLarge)
	}
}

// A topic that takes less than usual is the topic's fault: were its messages too
// large, the spool would set events aside for good.
func TestNarrowTopicMakesEventsWait(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	o.Topic = "narrow"
	if err := c.CreateTopic("narrow", 1, map[string]string{"max.message.bytes": "20000"}); err != nil {
		t.Fatal(err)
	}
	p := publisher(t, o)
	messages := numbered(0, 20)
	for i := range messages {
		messages[i].Value = noise(3000) // together they are more than the topic takes of a batch
	}
	if err := p.Publish(t.Context(), messages); err != nil {
		t.Fatalf("each is small enough: got %v", err)
	}
	messages[13].Value = noise(30_000)
	messages[14].Value = noise(2_000_000) // must wait, too, until the topic takes what is usual
	err := p.Publish(t.Context(), messages)
	problem := new(kafka.Problem)
	if errors.Is(err, queue.ErrTooLarge) || !errors.As(err, &problem) || !slices.Equal(problem.Options, []string{"Topic"}) {
		t.Fatalf("got %v, want a problem of the topic's", err)
	}
	for _, want := range []string{"narrow", "30000 bytes", "max.message.bytes", "heartbeat topics apply --max-bytes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	usual := "1048588"
	if err := setTopicConfig(t, c, o.Topic, "max.message.bytes", &usual); err != nil {
		t.Fatal(err)
	}
	if err := p.Publish(t.Context(), messages[:14]); err != nil {
		t.Errorf("after the topic was mended: %v", err)
	}
}

func TestPublishNeverHangs(t *testing.T) {
	t.Parallel()
	// It accepts, and never answers.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	go func() { // ends with the listener
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
		}
	}()
	p := publisher(t, kafka.Options{Brokers: []string{listener.Addr().String()}, Topic: "events"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := p.Publish(ctx, numbered(0, 1000)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want that the deadline is exceeded", err)
	}
	result := make(chan error, 1)
	go func() { result <- p.Publish(t.Context(), numbered(0, 1)) }() // awaited below
	closed := make(chan error, 1)
	go func() { closed <- p.Close() }() // awaited below
	if err := <-result; !errors.Is(err, queue.ErrClosed) {
		t.Errorf("publish while it is closed: got %v, want %v", err, queue.ErrClosed)
	}
	_ = listener.Close()
	mu.Lock()
	for _, c := range conns {
		_ = c.Close()
	}
	mu.Unlock()
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if err := p.Publish(t.Context(), numbered(0, 1)); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("after Close: got %v", err)
	}
}

func TestPublisherRecoversFromALostSequence(t *testing.T) {
	t.Parallel()
	c, o := fake(t)
	p := publisher(t, o)
	if err := p.Publish(t.Context(), numbered(0, 10)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*kerr.Error{kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerEpoch, kerr.NotLeaderForPartition, kerr.RequestTimedOut} {
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: o.Topic, Err: e, Count: 2})
		var err error
		for range 5 {
			if err = p.Publish(t.Context(), numbered(0, 10)); err == nil {
				break
			}
		}
		if err != nil {
			t.Errorf("%s: it never recovers: %v", e.Message, err)
		}
	}
}

func TestNoAcknowledgedMessageIsLostWithTheBroker(t *testing.T) {
	k := lasting(t)
	p := publisher(t, k.options)
	var acknowledged []string
	publish := func(i int) error {
		m := numbered(i, i+5)
		err := p.Publish(t.Context(), m)
		if err == nil {
			for _, m := range m {
				acknowledged = append(acknowledged, string(m.Value))
			}
		}
		return err
	}
	if err := publish(0); err != nil {
		t.Fatal(err)
	}
	k.stop()
	began := time.Now()
	if err := publish(5); err == nil || time.Since(began) > 20*time.Second {
		t.Fatalf("without a broker: got %v after %s", err, time.Since(began))
	}
	k.start()
	for i := 10; ; i += 5 {
		if err := publish(i); err == nil {
			break
		} else if i > 500 {
			t.Fatalf("it never recovers: %v", err)
		}
	}
	found, err := records(t, k.options, k.options.Topic)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range found {
		there[string(m.Value)] = true
	}
	for _, v := range acknowledged {
		if !there[v] {
			t.Errorf("%s was acknowledged, and is not there", v)
		}
	}
}

// A lastingKafka keeps its port and its topics while it is stopped.
type lastingKafka struct {
	t       *testing.T
	dir     string
	port    int
	cluster *kfake.Cluster
	options kafka.Options
}

func lasting(t *testing.T) *lastingKafka {
	k := &lastingKafka{t: t, dir: t.TempDir()}
	k.start()
	addr := k.cluster.ListenAddrs()[0]
	_, port, _ := net.SplitHostPort(addr)
	_, _ = fmt.Sscan(port, &k.port)
	k.options = kafka.Options{Brokers: []string{addr}, Topic: "events", Group: "collector", DeadLetterTopic: "dead"}
	for name, n := range map[string]int32{"events": partitions, "dead": 1} {
		if err := k.cluster.CreateTopic(name, n, nil); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(k.stop)
	return k
}

func (k *lastingKafka) start() {
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.DataDir(k.dir)}
	if k.port != 0 {
		opts = append(opts, kfake.Ports(k.port))
	}
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		k.t.Fatal(err)
	}
	k.cluster = c
}

func (k *lastingKafka) stop() { k.cluster.Close() }
