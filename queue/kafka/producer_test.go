package kafka

import (
	"testing"
	"testing/synctest"

	"github.com/IBM/sarama"
)

// A handProducer answers when the test says so.
type handProducer struct {
	sarama.AsyncProducer
	input     chan *sarama.ProducerMessage
	successes chan *sarama.ProducerMessage
	errors    chan *sarama.ProducerError
}

func newHandProducer(room int) *handProducer {
	return &handProducer{
		input:     make(chan *sarama.ProducerMessage, room), // never closed
		successes: make(chan *sarama.ProducerMessage),       // closed by AsyncClose
		errors:    make(chan *sarama.ProducerError),         // likewise
	}
}

func (p *handProducer) Input() chan<- *sarama.ProducerMessage     { return p.input }
func (p *handProducer) Successes() <-chan *sarama.ProducerMessage { return p.successes }
func (p *handProducer) Errors() <-chan *sarama.ProducerError      { return p.errors }

// AsyncClose answers what Input holds, as sarama's does.
func (p *handProducer) AsyncClose() {
	for len(p.input) > 0 {
		p.successes <- <-p.input
	}
	close(p.successes)
	close(p.errors)
}

type noClient struct{ sarama.Client }

func (noClient) Close() error { return nil }

func opened(p *handProducer) *opening {
	o := &opening{done: make(chan struct{}), producer: newProducer(noClient{}, p)}
	close(o.done)
	return o
}

// Two calls share a producer, one of them has it retired while the other has half of
// its messages in it: what the old producer still answers says nothing of the new one.
func TestSendWaitsForTheProducerThatHasItsMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		retired, fresh := newHandProducer(1), newHandProducer(2)
		first, second := opened(retired), opened(fresh)
		s := &sender{quit: make(chan struct{}), current: first}
		answered := make(chan int, 1) // how many failed
		go func() {                   // waited for at the end
			failures, err := s.send(t.Context(), make([]record, 2))
			if err != nil {
				t.Error(err)
			}
			answered <- len(failures)
		}()
		synctest.Wait() // one message is in, and the other waits for room
		s.mu.Lock()
		s.current = second
		s.mu.Unlock()
		first.producer.end()
		synctest.Wait()
		fresh.successes <- <-fresh.input
		synctest.Wait()
		select {
		case <-answered:
			t.Error("send returned with a message unanswered")
		default:
		}
		fresh.successes <- <-fresh.input
		synctest.Wait()
		select {
		case n := <-answered:
			if n != 0 {
				t.Errorf("%d failures, want none", n)
			}
		default:
			t.Error("send did not return")
		}
		second.producer.end()
	})
}
