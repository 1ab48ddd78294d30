package main

import (
	"testing"
	"time"
)

func TestHistoryTellsTheFirstSnapshotThatSeesATransaction(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	var h history
	for _, s := range []struct {
		text string
		ms   int
	}{
		{"4294967300:4294967300:", 0},
		{"4294967300:4294967303:4294967300,4294967302", 5},
		{"4294967302:4294967303:4294967302", 10},
		{"4294967305:4294967305:", 15},
	} {
		parsed, err := parseSnapshot(s.text, at(s.ms))
		if err != nil {
			t.Fatal(err)
		}
		h = append(h, parsed)
	}
	for xid, want := range map[uint32]int{3: 0, 4: 10, 5: 5, 6: 15, 8: 15} {
		if got, ok := h.seen(xid); !ok || !got.Equal(at(want)) {
			t.Errorf("transaction %d: seen at %v, %v; want %v", xid, got, ok, at(want))
		}
	}
	if got, ok := h.seen(9); ok {
		t.Errorf("a transaction that has not ended was seen at %v", got)
	}
	if _, err := parseSnapshot("1:2", at(0)); err == nil {
		t.Error("half a snapshot was taken")
	}
}
