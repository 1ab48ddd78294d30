//go:build integration

package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/internal/servers"
	"github.com/monitorink/monitorink/queue"
)

// TestAHundredPoisonMessagesAmongAHundredThousand: each becomes one dead letter, and
// the partitions go on. Of them 30 are refused by a constraint of the database. Once
// that is gone, replay sends all 100; 30 are kept, and the 70 that nothing helps come
// back as letters, once each.
func TestAHundredPoisonMessagesAmongAHundredThousand(t *testing.T) {
	t.Parallel()
	const n, poison, curable = 100_000, 100, 30
	rng, w := seeded(t), newWorld(t, 4, "max.message.bytes=16777216")
	servers.Psql(t, w.db.OwnerURL, "alter table measurement add constraint no_teapots check (status <> 418)")

	messages := make([]queue.Message, n)
	for i := range messages {
		m, err := queue.Encode(measurement(i, 100, time.Now().Add(-time.Hour).Truncate(time.Second)))
		if err != nil {
			t.Fatal(err)
		}
		messages[i] = m
	}
	bad := rng.Perm(n)
	for k, i := range bad[:poison] {
		spoil(t, &messages[i], k)
	}
	// Five of them come from elsewhere, without key and headers.
	last := bad[poison-5 : poison]
	slices.Sort(last)
	for _, i := range slices.Backward(last) {
		messages = slices.Delete(messages, i, i+1)
	}
	w.send(messages)
	servers.ConsoleProducer(t, w.topic, "not an event", `{"schema":`, "\x01\x02", "[]", `"measurement/1"`)

	collector := w.collector()
	eventually(t, 90*time.Second, "every partition is consumed to its end", func() bool { return w.consumed(w.group) })
	if rows := w.count("measurement"); rows != n-poison {
		t.Errorf("%d rows, want %d", rows, n-poison)
	}
	letters := w.deadLetters()
	if len(letters) != poison {
		t.Errorf("%d dead letters, want %d", len(letters), poison)
	}
	places, reasons := map[string]bool{}, map[string]int{}
	for _, headers := range letters {
		h := map[string]string{}
		for _, part := range strings.Split(headers, ",monitorink-") {
			name, value, _ := strings.Cut(strings.TrimPrefix(part, "monitorink-"), "=")
			h[name] = value
		}
		if h["reason"] == "" || h["source-topic"] != w.topic || h["source-partition"] == "" || h["source-offset"] == "" || h["original-size"] == "" || h["failed-at"] == "" {
			t.Errorf("a letter has the headers %s", headers)
		}
		places[h["source-partition"]+":"+h["source-offset"]] = true
		for _, about := range []string{"no_teapots", "schema"} {
			if strings.Contains(h["reason"], about) {
				reasons[about]++
			}
		}
	}
	if len(places) != poison || reasons["no_teapots"] != curable || reasons["schema"] < 30 {
		t.Errorf("%d places, and reasons %v", len(places), reasons)
	}

	listed := strings.Split(strings.TrimSpace(says(t, w.env(), 0, "collector dlq list --limit 0 --json")), "\n")
	for _, line := range listed {
		var l struct {
			Reason      string `json:"reason"`
			SourceTopic string `json:"source_topic"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Reason == "" || l.SourceTopic != w.topic {
			t.Errorf("dlq list shows %.200s: %v", line, err)
		}
	}
	if len(listed) != poison {
		t.Errorf("dlq list shows %d letters, want %d", len(listed), poison)
	}

	servers.Psql(t, w.db.OwnerURL, "alter table measurement drop constraint no_teapots")
	replayed := func(sent, lettersAfter int) {
		t.Helper()
		says(t, w.env(), 0, "collector dlq replay", fmt.Sprintf("replayed %d dead letters, skipped 0", sent))
		eventually(t, 30*time.Second, "the replayed are consumed", func() bool { return w.consumed(w.group) })
		if rows := w.count("measurement"); rows != n-poison+curable {
			t.Errorf("%d rows after the replay, want %d", rows, n-poison+curable)
		}
		if got := len(w.deadLetters()); got != lettersAfter {
			t.Errorf("%d dead letters after the replay, want %d", got, lettersAfter)
		}
	}
	replayed(poison, poison+poison-curable)
	replayed(poison-curable, poison+2*(poison-curable)) // only those that came back
	ends(t, collector.process)
}

// spoil makes a message poison, of the kind that number k has.
func spoil(t *testing.T, m *queue.Message, k int) {
	t.Helper()
	switch {
	case k < 30: // refused by the database
		e, err := data.Decode(m.Value)
		if err != nil {
			t.Fatal(err)
		}
		teapot := *e.(*data.Measurement)
		teapot.HTTP = &data.HTTP{Status: 418, Protocol: "HTTP/1.1", BodyBytes: -1}
		if *m, err = queue.Encode(&teapot); err != nil {
			t.Fatal(err)
		}
	case k < 45:
		m.Value = bytes.Replace(m.Value, []byte("measurement/1"), []byte("measurement/2"), 1)
	case k < 60:
		m.Kind, m.Value = "alert", []byte(`{"schema":"alert/1","monitor":"shop"}`)
	case k < 70:
		m.Value = nil // a tombstone
	case k < 78:
		m.Value = bytes.Repeat([]byte{0xff}, 1<<20) // larger than the brokers' default
	case k < 80:
		m.Value = append([]byte(`{"schema":"measurement/1","url":"`), bytes.Repeat([]byte("x"), 10_000_000)...)
	default:
		m.Value = m.Value[:len(m.Value)/2]
	}
}
