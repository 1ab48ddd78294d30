package kafka

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/IBM/sarama"

	"github.com/monitorink/monitorink/data"
)

// The headers of a dead letter. It has those of the message besides.
const (
	headerPrefix    = "monitorink-"
	headerReason    = headerPrefix + "reason" // one line: a backslash and control characters are escaped
	headerTopic     = headerPrefix + "source-topic"
	headerPartition = headerPrefix + "source-partition"
	headerOffset    = headerPrefix + "source-offset"
	headerSize      = headerPrefix + "original-size" // bytes of the value
	headerFailedAt  = headerPrefix + "failed-at"
	headerCut       = headerPrefix + "cut" // true: the value is only the beginning
)

// maxReason bounds the text of a reason.
const maxReason = 2000

// A DeadLetter is a message that was refused.
type DeadLetter struct {
	Partition int32 // of the dead-letter topic
	Offset    int64

	Key   string
	Kind  data.Kind
	Value []byte // as it was, unless Cut; nil for a tombstone
	Size  int    // of the value as it was
	Cut   bool   // the brokers did not take all of it: it is at its source only

	Reason          string
	SourceTopic     string
	SourcePartition int32
	SourceOffset    int64
	At              time.Time // when it was refused

	headers []sarama.RecordHeader // those that the message had
}

// A letter is a refused message on its way to the dead-letter topic.
type letter struct {
	position *position
	reason   string
	at       time.Time
}

// record makes what is sent. A limit of at least 0 cuts the value; 0 leaves out the
// message's key and headers too, which may be what is too large.
func (l *letter) record(topic string, limit int) sarama.ProducerMessage {
	m := l.position.source
	headers := make([]sarama.RecordHeader, 0, len(m.Headers)+7)
	for _, h := range m.Headers {
		if limit != 0 && !strings.HasPrefix(string(h.Key), headerPrefix) { // of an earlier burial
			headers = append(headers, *h)
		}
	}
	add := func(key, value string) {
		headers = append(headers, sarama.RecordHeader{Key: []byte(key), Value: []byte(value)})
	}
	add(headerReason, escape(l.reason))
	add(headerTopic, m.Topic)
	add(headerPartition, strconv.Itoa(int(m.Partition)))
	add(headerOffset, strconv.FormatInt(m.Offset, 10))
	add(headerSize, strconv.Itoa(len(m.Value)))
	add(headerFailedAt, l.at.UTC().Format(time.RFC3339Nano))
	value := m.Value
	if limit == 0 || limit > 0 && len(value) > limit {
		value = value[:limit]
		add(headerCut, "true")
	}
	r := sarama.ProducerMessage{Topic: topic, Headers: headers}
	if m.Key != nil && limit != 0 {
		r.Key = sarama.ByteEncoder(m.Key)
	}
	if value != nil {
		r.Value = sarama.ByteEncoder(value)
	}
	return r
}

// parseLetter reads a dead letter. Headers that are missing or damaged leave
// their fields empty: it is a record for people.
func parseLetter(m *sarama.ConsumerMessage) DeadLetter {
	d := DeadLetter{Partition: m.Partition, Offset: m.Offset, Key: string(m.Key), Value: m.Value, Size: len(m.Value)}
	for _, h := range m.Headers {
		v := string(h.Value)
		switch string(h.Key) {
		case headerReason:
			d.Reason = unescape(v)
		case headerTopic:
			d.SourceTopic = v
		case headerPartition:
			n, _ := strconv.ParseInt(v, 10, 32)
			d.SourcePartition = int32(n)
		case headerOffset:
			d.SourceOffset, _ = strconv.ParseInt(v, 10, 64)
		case headerSize:
			d.Size, _ = strconv.Atoi(v)
		case headerFailedAt:
			d.At, _ = time.Parse(time.RFC3339Nano, v)
		case headerCut:
			d.Cut = v == "true"
		default:
			if string(h.Key) == "kind" {
				d.Kind = kindOf(h.Value)
			}
			d.headers = append(d.headers, *h)
		}
	}
	return d
}

// escape makes one line of valid UTF-8 of s, of a bounded length.
func escape(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > maxReason {
		cut := maxReason
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unescape(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, _, tail, err := strconv.UnquoteChar(s, 0)
		if err != nil { // not written by escape
			return b.String() + s
		}
		b.WriteRune(r)
		s = tail
	}
	return b.String()
}
