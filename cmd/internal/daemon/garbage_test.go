package daemon

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestGarbageIsAMatterOfBytes(t *testing.T) {
	for live, want := range map[uint64]int{
		0:         400,
		1 << 20:   400,
		4 << 20:   400, // 16 MiB
		8 << 20:   200,
		16 << 20:  100,
		20 << 20:  100, // as much as lives
		40 << 20:  100,
		80 << 20:  50, // 40 MiB
		160 << 20: 25,
		1 << 30:   15, // more than that
	} {
		if got := garbagePercent(live); got != want {
			t.Errorf("%d MiB live: %d percent, want %d", live>>20, got, want)
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
	ours.adapt()
	if got := now(); got != 100 {
		t.Errorf("before the start is through: %d percent, want 100", got)
	}
	ours.settle()
	if got := now(); got != ours.percent || got < leastPercent || got == 100 && liveBytes() < leastGarbage/2 {
		t.Errorf("at rest: %d percent, want %d of %d bytes", got, garbagePercent(liveBytes()), liveBytes())
	}
	few := ours.percent
	more := make([]byte, 100<<20)
	debug.FreeOSMemory()
	ours.adapt()
	if got := now(); got >= few {
		t.Errorf("with %d bytes more: %d percent, want less than %d", len(more), got, few)
	}
	runtime.KeepAlive(more)
}
