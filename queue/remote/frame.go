package remote

import (
	"encoding/binary"
	"errors"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/queue"
)

const messagesType = "application/vnd.monitorink.messages"

const (
	batchBytes = 1 << 20  // a response ends with the message that reaches it
	maxMessage = 16 << 20 // a larger one is refused, since it could never arrive
)

var errFrame = errors.New("the messages are cut short or damaged")

func appendFrame(b []byte, serial uint64, m queue.Message) []byte {
	b = binary.AppendUvarint(b, serial)
	b = binary.AppendUvarint(b, uint64(len(m.Key)))
	b = append(b, m.Key...)
	b = binary.AppendUvarint(b, uint64(len(m.Kind)))
	b = append(b, m.Kind...)
	b = binary.AppendUvarint(b, uint64(len(m.Value)))
	return append(b, m.Value...)
}

// readFrame returns the first message of b and what follows it. The value is
// part of b.
func readFrame(b []byte) (serial uint64, m queue.Message, rest []byte, err error) {
	serial, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, m, nil, errFrame
	}
	b = b[n:]
	var parts [3][]byte
	for i := range parts {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return 0, m, nil, errFrame
		}
		end := n + int(size)
		parts[i], b = b[n:end:end], b[end:]
	}
	return serial, queue.Message{Key: string(parts[0]), Kind: data.Kind(parts[1]), Value: parts[2]}, b, nil
}
