//go:build integration

package kafka_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue"
	"github.com/monitorink/monitorink/queue/kafka"
)

// A ledger counts what was acknowledged and what was accepted.
type ledger struct {
	mu       sync.Mutex
	expected map[string]bool
	seen     map[string]int
	failed   error
}

func (l *ledger) missing() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for v := range l.expected {
		if l.seen[v] == 0 {
			n++
		}
	}
	return n
}

// produce publishes as the forwarder does, each batch until it is acknowledged.
func (l *ledger) produce(t *testing.T, ctx context.Context, p *kafka.Publisher) {
	for i := 0; ctx.Err() == nil; i += 50 {
		m := numbered(i, i+50)
		for {
			err := p.Publish(t.Context(), m)
			l.published(err)
			if err == nil {
				break
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-t.Context().Done():
				return
			}
		}
		l.mu.Lock()
		for _, m := range m {
			l.expected[string(m.Value)] = true
		}
		l.mu.Unlock()
	}
}

// published notes how the last Publish went.
func (l *ledger) published(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = err
}

// failing is why the last Publish failed, or nil.
func (l *ledger) failing() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// consume accepts everything, in batches, until s is closed. What it holds then is
// somebody else's.
func (l *ledger) consume(t *testing.T, s *kafka.Subscription) {
	var held []queue.Message
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		m, err := s.Next(ctx)
		cancel()
		if err == nil {
			held = append(held, m)
			if len(held) < 200 {
				continue
			}
		} else if !errors.Is(err, context.DeadlineExceeded) {
			return
		}
		l.mu.Lock()
		for i := len(held) - 1; i >= 0; i-- {
			l.seen[string(held[i].Value)]++
		}
		l.mu.Unlock()
		for _, m := range held {
			s.Settle(m, accepted)
		}
		held = nil
	}
}

func TestBrokerRestartsWhileProducingAndConsuming(t *testing.T) {
	b := servers.Kafka(t)
	o := realOptions(t, 6)
	l := &ledger{expected: map[string]bool{}, seen: map[string]int{}}
	p := publisher(t, o)
	s := subscribe(t, o, kafka.SubscribeOptions{})
	ctx, stop := context.WithCancel(t.Context())
	var producing, consuming sync.WaitGroup // waited for below
	producing.Go(func() { l.produce(t, ctx, p) })
	consuming.Go(func() { l.consume(t, s) })
	count := func() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.expected) }
	until(t, "the first messages", func() bool { return count() > 500 })
	for _, end := range []func(testing.TB){b.Stop, b.Kill} {
		end(t)
		until(t, "the outage to be noticed", func() bool { return l.failing() != nil && s.Problem() != nil })
		t.Logf("publisher: %v; subscription: %v", l.failing(), s.Problem())
		began := time.Now()
		b.Start(t)
		up := time.Now()
		was := count()
		until(t, "producing to go on", func() bool { return count() > was+500 })
		produced := time.Since(up)
		until(t, "consuming to go on", func() bool { return l.missing() < 100 })
		t.Logf("the broker took %s to start; produced after %s, consumed after %s", up.Sub(began), produced, time.Since(up))
	}
	stop()
	producing.Wait()
	until(t, "everything acknowledged to be consumed", func() bool { return l.missing() == 0 })
	until(t, "the problem to go", func() bool { return s.Problem() == nil })
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	consuming.Wait()
	t.Logf("%d acknowledged, %d values seen", count(), len(l.seen))
}

// TestMembersComeAndGoWhileConsuming forces rebalances, and checks that what is
// left at the end is nothing, and that nothing was passed over.
func TestMembersComeAndGoWhileConsuming(t *testing.T) {
	o := realOptions(t, 6)
	l := &ledger{expected: map[string]bool{}, seen: map[string]int{}}
	p := publisher(t, o)
	ctx, stop := context.WithCancel(t.Context())
	var producing, consuming sync.WaitGroup // waited for below
	producing.Go(func() { l.produce(t, ctx, p) })
	var members []*kafka.Subscription
	join := func() {
		s := subscribe(t, o, kafka.SubscribeOptions{})
		members = append(members, s)
		consuming.Go(func() { l.consume(t, s) })
		until(t, "the new member to have partitions", func() bool { return s.Stats().Partitions > 0 })
	}
	join()
	for range 4 {
		join()
		if err := members[0].Close(); err != nil {
			t.Error(err)
		}
		members = members[1:]
	}
	stop()
	producing.Wait()
	until(t, "everything to be consumed", func() bool { return l.missing() == 0 })
	for _, s := range members {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	consuming.Wait()
	twice := 0
	for _, n := range l.seen {
		twice += n - 1
	}
	t.Logf("%d published, %d came twice", len(l.expected), twice)
	// All is committed: a new member gets nothing.
	s := subscribe(t, o, kafka.SubscribeOptions{})
	until(t, "a session", func() bool { return s.Stats().Partitions == 6 })
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if m, err := s.Next(ctx); err == nil {
		t.Errorf("got %s again, though all was settled before Close", m.Value)
	}
}

func TestOthersReadWhatIsPublished(t *testing.T) {
	o := realOptions(t, 1)
	if err := publisher(t, o).Publish(t.Context(), numbered(0, 2)); err != nil {
		t.Fatal(err)
	}
	got := servers.Kcat(t, "-C", "-e", "-t", o.Topic, "-f", `%k %h %s\n`)
	for _, want := range []string{"k0 content-type=application/json,kind=measurement,schema=measurement/1 {\"n\":0}\n", "k1 "} {
		if !strings.Contains(got, want) {
			t.Errorf("kcat prints %q, want %q in it", got, want)
		}
	}
}
