// Package shard says which of several heartbeats at one location probes a monitor.
//
// The one idea: of all shards, a monitor is that one's whose hash together with the
// monitor's id is the highest (rendezvous hashing). Nobody has to be asked, every
// heartbeat comes to the same answer, and where n+1 shards take the place of n, only
// what the new one gets moves.
package shard

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
)

// Most is how many shards there may be.
const Most = 1024

// A Shard is the one of a number of them, from 1. The zero value has all monitors.
type Shard struct{ Index, Of int }

// Parse reads i/n, and the empty text as all.
func Parse(s string) (Shard, error) {
	if s == "" {
		return Shard{}, nil
	}
	index, of, ok := strings.Cut(s, "/")
	if ok && (index == "" || strings.HasPrefix(index, "$")) {
		return Shard{}, errors.New("the number of this shard is missing before the slash; in a StatefulSet it is the label apps.kubernetes.io/pod-index (Kubernetes 1.28 or newer), in a variable that is declared above this one")
	}
	i, err := number(index)
	n, err2 := number(of)
	switch {
	case !ok || err != nil || err2 != nil:
		return Shard{}, errors.New("write which shard of how many this is, such as 1/3, 2/3 or 3/3")
	case n < 1 || n > Most:
		return Shard{}, fmt.Errorf("there may be from 1 to %d shards", Most)
	case i == 0:
		return Shard{}, fmt.Errorf("shards count from 1: the first of %d is 1/%d", n, n)
	case i > n:
		return Shard{}, fmt.Errorf("the last of %d shards is %d/%d", n, n, n)
	}
	return Shard{i, n}, nil
}

func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	return int(n), err
}

// String is what Parse reads.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// Has reports whether the monitor of an id is this shard's.
func (s Shard) Has(id string) bool { return s.Of <= 1 || Of(id, s.Of) == s.Index }

// Of is which of n shards has the monitor of an id.
func Of(id string, n int) int {
	h := fnv.New64a()
	_, _ = io.WriteString(h, id) // it takes everything
	sum, best, index := h.Sum64(), uint64(0), 1
	for i := 1; i <= n; i++ {
		if score := mix(sum + uint64(i)*0x9e3779b97f4a7c15); score > best {
			best, index = score, i
		}
	}
	return index
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014): each bit of x
// changes half of the others.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
