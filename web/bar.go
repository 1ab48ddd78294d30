package web

import (
	"fmt"
	"strings"
	"time"
)

// The form of a bar, in units of its own.
const (
	barStep   = 4 // a day, three wide, with the space beside it
	barHeight = 32
	barLeast  = 7 // of what is rare, so that it is seen
)

// A bar is a row of days: from below what was down, what nobody observed, and what was up.
// The paths hold a line for each day; a day that was not plainly up says so itself.
type bar struct {
	Up, Down, Missed, Empty string
	Odd                     []oddDay
	Words                   string // for those who do not see it
}

type oddDay struct {
	X     int
	Words string
}

func barOf(days []share, first time.Time) bar {
	var up, down, missed, empty strings.Builder
	var b bar
	bad, blind := 0, 0
	line := func(to *strings.Builder, day, y, height int) {
		if height > 0 {
			fmt.Fprintf(to, "M%d %dv%d", day*barStep, y, height)
		}
	}
	for i, s := range days {
		if s.slots() == 0 {
			line(&empty, i, 0, barHeight)
			continue
		}
		red, grey := height(s.down, s.slots()), 0
		if s.missed*200 >= s.slots() { // less is of no interest
			grey = height(s.missed, s.slots())
		}
		if s.down == 0 && s.up == 0 {
			grey = barHeight
		}
		grey = min(grey, barHeight-red)
		green := barHeight - red - grey
		if s.up == 0 {
			red, green = red+green, 0
		}
		line(&up, i, 0, green)
		line(&missed, i, green, grey)
		line(&down, i, green+grey, red)
		if s.down > 0 {
			bad++
		}
		if grey > 0 {
			blind++
		}
		if red+grey > 0 {
			b.Odd = append(b.Odd, oddDay{i * barStep, dayWords(first.AddDate(0, 0, i), s)})
		}
	}
	b.Up, b.Down, b.Missed, b.Empty = up.String(), down.String(), missed.String(), empty.String()
	b.Words = fmt.Sprintf("%d days: %d with failures, %d not wholly observed", len(days), bad, blind)
	return b
}

// height is that of a share, and seen where there is any.
func height(n, of int64) int {
	if n == 0 {
		return 0
	}
	return min(max(int(float64(n)/float64(of)*barHeight), barLeast), barHeight)
}

func dayWords(day time.Time, s share) string {
	words := []string{}
	if uptime, measured := s.uptime(); measured {
		words = append(words, percent(uptime)+" up")
	}
	if s.missed > 0 {
		words = append(words, percent(s.coverage())+" observed")
	}
	return day.Format("2 January 2006") + ": " + strings.Join(words, ", ")
}
