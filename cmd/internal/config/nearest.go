package config

import "math"

// Nearest returns the word of list that is most like word, or nothing when none
// is near enough to be a slip of the hand: at most a third of its letters differ.
func Nearest(word string, list []string) string {
	best, near := math.MaxInt, ""
	for _, w := range list {
		if d := distance(word, w); d < best && d <= max(len(word), len(w))/3 {
			best, near = d, w
		}
	}
	return near
}

// distance is how many letters to insert, delete, replace, or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
