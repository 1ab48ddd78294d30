package main

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// resolution is how often a snapshot is taken.
const resolution = 5 * time.Millisecond

// A snapshot says which transactions could be seen at an instant: all below its
// end but those that were running.
type snapshot struct {
	at      time.Time
	end     uint64
	running []uint64
}

func (s snapshot) sees(xid uint64) bool { return xid < s.end && !slices.Contains(s.running, xid) }

// parseSnapshot reads what pg_current_snapshot gives: xmin:xmax:xip,xip.
func parseSnapshot(text string, at time.Time) (s snapshot, err error) {
	f := strings.Split(text, ":")
	if len(f) != 3 {
		return s, fmt.Errorf("%q is no snapshot", text)
	}
	s.at = at
	if s.end, err = strconv.ParseUint(f[1], 10, 64); err != nil || f[2] == "" {
		return s, err
	}
	for x := range strings.SplitSeq(f[2], ",") {
		xid, err := strconv.ParseUint(x, 10, 64)
		if err != nil {
			return s, err
		}
		s.running = append(s.running, xid)
	}
	return s, nil
}

// A history holds the snapshots of a run in the order of time.
type history []snapshot

// watch takes snapshots until ctx ends.
func watch(ctx context.Context, db *pgx.Conn) (history, error) {
	var h history
	var before string
	tick := time.NewTicker(resolution)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return h, nil
		case <-tick.C:
		}
		var text string
		err := db.QueryRow(context.WithoutCancel(ctx), "select pg_current_snapshot()::text").Scan(&text)
		if err != nil {
			return nil, err
		}
		if text == before {
			continue
		}
		before = text
		s, err := parseSnapshot(text, time.Now())
		if err != nil {
			return nil, err
		}
		h = append(h, s)
	}
}

// seen is when a transaction's rows could first be seen; false if they never
// could. xid has the lower 32 bits of its number, as rows have.
func (h history) seen(xid uint32) (time.Time, bool) {
	if len(h) == 0 {
		return time.Time{}, false
	}
	newest := h[len(h)-1].end
	full := newest - uint64(uint32(newest)-xid)
	i := sort.Search(len(h), func(i int) bool { return h[i].sees(full) })
	if i == len(h) {
		return time.Time{}, false
	}
	return h[i].at, true
}
