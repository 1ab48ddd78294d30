package kafka

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

const (
	chunkCount = 256       // messages that a claim hands over at once, at most
	chunkBytes = 512 << 10 // after which a chunk ends
	// openMost bounds what lies above the finished prefix of a partition, so that
	// a message that cannot be finished does not let memory, and what is done
	// twice after a crash, grow for ever.
	openMost = 1 << 18
)

// A claim is one partition, for as long as one generation of the group gives it to us.
type claim struct {
	topic     string
	partition int32
	chunk     int          // messages that it hands over at once, at most
	from      int64        // the offset at which it begins; negative: unknown
	offered   atomic.Int64 // since when a chunk waits for Next, in Unix nanoseconds; 0: none does

	mu      sync.Mutex
	tracker tracker
	over    bool          // nothing is handed out any more
	gone    bool          // what is settled now comes too late
	handed  int           // given to Next's caller, and not finished
	moved   chan struct{} // a note, for the goroutine of the claim, that something was finished
}

// A position is a message's place, and what its dead letter needs.
type position struct {
	claim  *claim
	number uint64
	tries  int  // as undecided
	out    bool // handed out and not settled; under the claim's mutex
	source *sarama.ConsumerMessage
}

// String says where the message is, for those who log it.
func (p *position) String() string {
	return fmt.Sprintf("%s/%d@%d", p.source.Topic, p.source.Partition, p.source.Offset)
}

func (p *position) bytes() int { return size(p.source) }

func size(m *sarama.ConsumerMessage) int { return len(m.Key) + len(m.Value) + 256 }

// message makes the queue's message, which keeps the broker's bytes as they are.
func (p *position) message() queue.Message {
	m := queue.Message{Key: string(p.source.Key), Value: p.source.Value, Position: p}
	for _, h := range p.source.Headers {
		if string(h.Key) == "kind" {
			m.Kind = kindOf(h.Value)
		}
	}
	return m
}

func kindOf(b []byte) data.Kind {
	switch string(b) {
	case string(data.KindMeasurement):
		return data.KindMeasurement // no copy for what nearly all messages have
	default:
		return data.Kind(b)
	}
}

// take reads a chunk of what is there, after it has waited for the first; nil
// when the claim is over. It also returns the messages' sizes.
func (c *claim) take(ctx context.Context, messages <-chan *sarama.ConsumerMessage) ([]*position, []int) {
	var first *sarama.ConsumerMessage
	select {
	case first = <-messages:
	case <-ctx.Done():
	}
	if first == nil {
		return nil, nil
	}
	taken := make([]*sarama.ConsumerMessage, 1, c.chunk)
	taken[0] = first
	bytes := size(first)
	for len(taken) < c.chunk && bytes < chunkBytes {
		var m *sarama.ConsumerMessage
		select {
		case m = <-messages:
		default:
		}
		if m == nil {
			break
		}
		taken = append(taken, m)
		bytes += size(m)
	}
	all := make([]position, len(taken))
	chunk := make([]*position, len(taken))
	sizes := make([]int, len(taken))
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, m := range taken {
		all[i] = position{claim: c, number: c.tracker.add(m.Offset), source: m}
		chunk[i], sizes[i] = &all[i], size(m)
	}
	return chunk, sizes
}

// hand says whether p may be handed out.
func (c *claim) hand(p *position) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.handed++
	p.out = true
	return true
}

// settled says whether p was out, and now is no more, and whether the claim is gone.
func (c *claim) settled(p *position) (first, gone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, p.out = p.out, false
	return first, c.gone
}

// finish says that p, which was settled, is finished. Too late is harmless.
func (c *claim) finish(p *position) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.tracker.open()
	if !c.gone {
		c.tracker.finish(p.number)
	}
	c.back()
	if before >= openMost && c.tracker.open() < openMost {
		signal(c.moved)
	}
}

// accept is settled and finish in one.
func (c *claim) accept(p *position) bool {
	first, _ := c.settled(p)
	if first {
		c.finish(p)
	}
	return first
}

// giveBack says that p, which was settled, is not finished.
func (c *claim) giveBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back()
}

// back needs c.mu.
func (c *claim) back() {
	c.handed--
	if c.over && c.handed == 0 {
		signal(c.moved)
	}
}

// room waits until not too much lies above the finished prefix.
func (c *claim) room(ctx context.Context) bool {
	for {
		c.mu.Lock()
		ok := c.tracker.open() < openMost
		c.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-c.moved:
		case <-ctx.Done():
			return false
		}
	}
}

// next is the offset after the finished prefix; 0 while there is none.
func (c *claim) next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tracker.next
}

// stop ends handing out.
func (c *claim) stop() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
}

// drain waits for what was handed out, until the deadline or quit.
func (c *claim) drain(deadline <-chan time.Time, quit <-chan struct{}) {
	for {
		c.mu.Lock()
		left := c.handed
		c.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-c.moved:
		case <-deadline:
			return
		case <-quit:
			return
		}
	}
}

// leave makes all that is settled later too late, and returns the last offset.
func (c *claim) leave() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	return c.tracker.next
}

func (c *claim) isGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// signal leaves a note for a goroutine that looks at the state after reading it.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
