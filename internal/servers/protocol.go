package servers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// The requests of Kafka's protocol that topics and groups need, in versions that 3.9
// and 4.x both know (https://kafka.apache.org/protocol). Kafka's own tool would take a
// second of a processor for each.
const (
	listOffsets  = 2
	metadata     = 3
	offsetFetch  = 9
	createTopics = 19
	deleteTopics = 20
)

var order = binary.BigEndian

func text(b []byte, s string) []byte {
	return append(order.AppendUint16(b, uint16(len(s))), s...)
}

// createTopic returns when every partition has a leader.
func createTopic(address, topic string, partitions int, config []string) error {
	body := order.AppendUint32(nil, 1)
	body = text(body, topic)
	body = order.AppendUint32(body, uint32(partitions))
	body = order.AppendUint16(body, 1) // replication
	body = order.AppendUint32(body, 0) // no assignment by hand
	body = order.AppendUint32(body, uint32(len(config)))
	for _, c := range config {
		name, value, _ := strings.Cut(c, "=")
		body = text(text(body, name), value)
	}
	body = order.AppendUint32(body, 30_000) // ms
	body = append(body, 0)                  // not only validated
	// Answered by: throttled, and of each topic its name, an error and a message.
	answer, err := request(address, createTopics, 2, body)
	if err != nil {
		return err
	}
	answer.number(4)
	answer.number(4)
	answer.text()
	if code := answer.number(2); code != 0 {
		return fmt.Errorf("error %d: %s", code, answer.text())
	}
	again := time.Tick(10 * time.Millisecond)
	for range 300 {
		if led, err := leaders(address, topic); err != nil || led == partitions {
			return err
		}
		<-again
	}
	return errors.New("no leader for every partition after 3 s")
}

func deleteTopic(address, topic string) error {
	body := text(order.AppendUint32(nil, 1), topic)
	body = order.AppendUint32(body, 30_000) // ms
	answer, err := request(address, deleteTopics, 1, body)
	if err != nil {
		return err
	}
	answer.number(4)
	answer.number(4)
	answer.text()
	if code := answer.number(2); code != 0 && code != 3 { // 3: the test did it
		return fmt.Errorf("error %d", code)
	}
	return nil
}

// leaders counts the partitions of a topic that have a leader.
func leaders(address, topic string) (int, error) {
	answer, err := request(address, metadata, 1, text(order.AppendUint32(nil, 1), topic))
	if err != nil {
		return 0, err
	}
	for range answer.number(4) { // brokers
		answer.number(4)
		answer.text()
		answer.number(4)
		answer.text()
	}
	answer.number(4) // controller
	answer.number(4) // one topic
	answer.number(2)
	answer.text()
	answer.number(1)
	led := 0
	for range answer.number(4) {
		if code := answer.number(2); code == 0 {
			led++
		}
		answer.number(4)
		answer.number(4)
		answer.take(4 * answer.number(4)) // replicas
		answer.take(4 * answer.number(4)) // in sync
	}
	return led, nil
}

// sumOffsets adds up the ends of a topic's partitions (listOffsets), or what a group
// has committed of them (offsetFetch), which is nothing at first. The one broker is
// every group's coordinator.
func sumOffsets(address string, key uint16, group, topic string, partitions int) (int, error) {
	body := order.AppendUint32(nil, 0xffff_ffff) // no replica
	if key == offsetFetch {
		body = text(nil, group)
	}
	body = text(order.AppendUint32(body, 1), topic)
	body = order.AppendUint32(body, uint32(partitions))
	for p := range partitions {
		body = order.AppendUint32(body, uint32(p))
		if key == listOffsets {
			body = order.AppendUint64(body, 1<<64-1) // the end
		}
	}
	answer, err := request(address, key, 1, body)
	if err != nil {
		return 0, err
	}
	answer.number(4) // one topic
	answer.text()
	sum := 0
	for range answer.number(4) {
		answer.number(4)
		var offset, code int
		if key == offsetFetch {
			offset = answer.number(8)
			answer.text()
			code = answer.number(2)
		} else {
			code = answer.number(2)
			answer.number(8)
			offset = answer.number(8)
		}
		if code != 0 {
			return 0, fmt.Errorf("offsets of %s: error %d", topic, code)
		}
		sum += max(offset, 0)
	}
	return sum, nil
}

// An answer is read from its front; past its end it is zeros.
type answer struct{ rest []byte }

func (a *answer) take(n int) []byte {
	taken := make([]byte, n)
	a.rest = a.rest[copy(taken, a.rest):]
	return taken
}

func (a *answer) number(size int) int {
	n := 0
	for _, b := range a.take(size) {
		n = n<<8 | int(b)
	}
	return n
}

func (a *answer) text() string {
	n := a.number(2)
	if n == 0xffff {
		return ""
	}
	return string(a.take(n))
}

func request(address string, key, version uint16, body []byte) (*answer, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(40 * time.Second)); err != nil {
		return nil, err
	}
	head := order.AppendUint16(nil, key)
	head = order.AppendUint16(head, version)
	head = order.AppendUint32(head, 1) // correlation
	head = text(head, "monitorink-tests")
	message := order.AppendUint32(nil, uint32(len(head)+len(body)))
	message = append(append(message, head...), body...)
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	reply := make([]byte, order.Uint32(size[:]))
	if _, err := io.ReadFull(conn, reply); err != nil {
		return nil, err
	}
	return &answer{reply[min(4, len(reply)):]}, nil
}
