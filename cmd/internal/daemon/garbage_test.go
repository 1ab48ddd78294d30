package daemon

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGarbageIsAMatterOfBytes(t *testing.T) {
	for _, c := range []struct {
		live, allocated uint64 // MiB
		want            int
	}{
		{0, 0, 400},
		{1, 0, 400},
		{4, 0, 400}, // 16 MiB
		{8, 0, 200},
		{16, 0, 100},
		{20, 0, 100}, // as much as lives
		{40, 0, 100},
		{80, 0, 50}, // 40 MiB
		{160, 0, 25},
		{1024, 0, 15}, // more than that
		{160, 40, 25},
		{160, 80, 50}, // a collection a second
		{160, 640, 100},
		{8, 640, 200}, // twice as much as lives, whatever is allocated
	} {
		if got := garbagePercent(c.live<<20, c.allocated<<20); got != c.want {
			t.Errorf("%d MiB live, %d MiB allocated: %d percent, want %d", c.live, c.allocated, got, c.want)
		}
	}
}

func TestThriftFollowsWhatLivesUnlessTheUserHasSaid(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	now := func() int { p := debug.SetGCPercent(100); debug.SetGCPercent(p); return p }

	users := thrift{}
	users.settle()
	if got := now(); got != 100 {
		t.Errorf("the user's: %d percent, want 100", got)
	}
	ours := thrift{percent: startPercent}
	at := time.Now()
	ours.adapt(at)
	if got := now(); got != 100 {
		t.Errorf("before the start is through: %d percent, want 100", got)
	}
	ours.settle()
	live, _ := heap()
	if got := now(); got != ours.percent || got < leastPercent || got == 100 && live < leastGarbage/2 {
		t.Errorf("at rest: %d percent, want %d of %d bytes", got, garbagePercent(live, 0), live)
	}
	few := ours.percent
	more := make([]byte, 100<<20)
	debug.FreeOSMemory()
	at = at.Add(time.Hour)
	ours.adapt(at)
	scarce := now()
	if scarce >= few {
		t.Errorf("with %d bytes more: %d percent, want less than %d", len(more), scarce, few)
	}
	ours.allocated -= 1 << 30 // as if so much had been allocated since
	at = at.Add(time.Second)
	ours.adapt(at)
	if got := now(); got != scarce {
		t.Errorf("after a burst: %d percent, want %d as before", got, scarce)
	}
	ours.allocated -= 1 << 30
	at = at.Add(time.Second)
	ours.adapt(at)
	if got := now(); got != 100 {
		t.Errorf("with 1 GiB a second: %d percent, want 100", got)
	}
	at = at.Add(time.Hour)
	ours.adapt(at)
	if got := now(); got != scarce {
		t.Errorf("at rest again: %d percent, want %d", got, scarce)
	}
	runtime.KeepAlive(more)
}
