package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// lagEvery is how often the brokers are asked where the partitions end. What is
// fetched with the messages does not tell: a partition without room is not fetched.
const lagEvery = 5 * time.Second

// A lag is how far the claims are behind the ends of their partitions.
type lag struct {
	mu   sync.Mutex
	ends map[*claim]int64 // 0: not known yet
}

func (l *lag) add(c *claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends == nil {
		l.ends = map[*claim]int64{}
	}
	l.ends[c] = 0
}

func (l *lag) remove(c *claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ends, c)
}

// load is how many claims have waited for a second to get rid of what they read,
// and the sum of the lags that are known.
func (l *lag) load() (paused int, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, end := range l.ends {
		if since := c.offered.Load(); since > 0 && time.Since(time.Unix(0, since)) > time.Second {
			paused++
		}
		if from := max(c.from, c.next()); from >= 0 {
			n += max(0, end-from)
		}
	}
	return paused, n
}

func (l *lag) claims() []*claim {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*claim, 0, len(l.ends))
	for c := range l.ends {
		all = append(all, c)
	}
	return all
}

// measure asks for the ends until ctx is done. An answer that does not come leaves
// the last one.
func (l *lag) measure(ctx context.Context, client sarama.Client) {
	tick := time.NewTicker(lagEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, c := range l.claims() {
			end, err := client.GetOffset(c.topic, c.partition, sarama.OffsetNewest)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				break // the others would not answer either; the group tells of it
			}
			l.mu.Lock()
			if _, ours := l.ends[c]; ours {
				l.ends[c] = end
			}
			l.mu.Unlock()
		}
	}
}
