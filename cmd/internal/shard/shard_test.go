package shard_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/monitorink/monitorink/cmd/internal/shard"
)

const many = 100_000

func id(i int) string { return fmt.Sprintf("monitor-%d", i) }

func TestShardsHaveEqualPartsAndFewMove(t *testing.T) {
	before := make([]int, many)
	for n := 1; n <= 16; n++ {
		counts, moved := make([]int, n+1), 0
		for i := range before {
			s := shard.Of(id(i), n)
			counts[s]++
			if n > 1 && s != before[i] {
				if moved++; s != n {
					t.Fatalf("%s moves from shard %d to %d, and the new one is %d", id(i), before[i], s, n)
				}
			}
			before[i] = s
		}
		for s, c := range counts[1:] {
			if even := many / n; c < even*95/100 || c > even*105/100 {
				t.Errorf("of %d shards, the %dth has %d monitors, and a part is %d", n, s+1, c, even)
			}
		}
		if n > 1 && moved > many/(n-1)*110/100 {
			t.Errorf("from %d to %d shards %d monitors move", n-1, n, moved)
		}
	}
}

// What a monitor's shard is must not change: two versions may run side by side.
func TestAMonitorsShardIsForEver(t *testing.T) {
	for id, want := range map[string]string{
		"shop": "1 2 2 2 7 54", "nightly-report": "1 1 3 3 7 58", "": "1 1 1 1 6 62", "www.example.com:80/a?b": "1 1 1 4 7 28", "Überwachung": "1 1 1 1 8 20",
	} {
		var got []string
		for _, n := range []int{1, 2, 3, 5, 8, 100} {
			got = append(got, fmt.Sprint(shard.Of(id, n)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is in %s, want %s", id, strings.Join(got, " "), want)
		}
	}
}

func TestEachMonitorIsOneShards(t *testing.T) {
	for i := range 1000 {
		n := 0
		for index := 1; index <= 7; index++ {
			s, err := shard.Parse(fmt.Sprintf("%d/7", index))
			if err != nil {
				t.Fatal(err)
			}
			if s.Has(id(i)) {
				n++
			}
		}
		if n != 1 || !(shard.Shard{}).Has(id(i)) {
			t.Errorf("%s is in %d shards", id(i), n)
		}
	}
}

func TestWrongShardsSayWhatToWrite(t *testing.T) {
	for s, want := range map[string]string{
		"3": "such as 1/3", "/": "number of this shard is missing", "/3": "pod-index", "$(POD_INDEX)/3": "pod-index", "a/3": "such as 1/3", "-1/3": "such as 1/3", "1/3/4": "such as 1/3", "1 / 3": "such as 1/3", "1/": "such as 1/3", "1/99999999": "such as 1/3",
		"0/3": "the first of 3 is 1/3", "4/3": "the last of 3 shards is 3/3", "1/0": "from 1 to 1024", "1/1025": "from 1 to 1024",
	} {
		if got, err := shard.Parse(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %v, %v, want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1/1", "3/3", "1024/1024"} {
		if got, err := shard.Parse(s); err != nil || got.String() != s {
			t.Errorf("%q is %v, %v", s, got, err)
		}
	}
}
