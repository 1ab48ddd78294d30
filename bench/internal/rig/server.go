package rig

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is how many make a second of processor time in /proc (man 5 proc;
// USER_HZ is 100 wherever Go runs).
const ticks = 100

// serverProcessor is what a Postgres server has used so far, with all of its
// processes, those that have ended included. It is told by one of its backends;
// false when the server does not run on this machine, or it is not Linux.
func serverProcessor(backend int) (time.Duration, bool) {
	b, ok := statOf(backend)
	if !ok || b.name != "postgres" {
		return 0, false
	}
	master := b.parent
	m, ok := statOf(master)
	if !ok {
		return 0, false
	}
	used := m.own + m.ended
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, false
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := statOf(pid); ok && s.parent == master {
			used += s.own
		}
	}
	return used, true
}

type stat struct {
	name       string
	parent     int
	own, ended time.Duration // its own, and its ended children's
}

func statOf(pid int) (stat, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	// The name stands in parentheses, and may hold any byte.
	text := string(b)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	f := strings.Fields(text[end+1:])
	if open < 0 || len(f) < 15 {
		return stat{}, false
	}
	of := func(i int) time.Duration { // field i+3 of the manual
		n, _ := strconv.ParseInt(f[i], 10, 64)
		return time.Duration(n) * time.Second / ticks
	}
	parent, _ := strconv.Atoi(f[1])
	return stat{text[open+1 : end], parent, of(11) + of(12), of(13) + of(14)}, true
}
