package progress

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines is what would be read in a log.
func lines(b *bytes.Buffer) []string {
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}

func TestALogHasALineEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		bar := Start(&out, Options{Verb: "replayed", Noun: "dead letters", Total: 50_000})
		time.Sleep(time.Second / 2)
		for range 25 {
			bar.Add(1000)
			time.Sleep(time.Second)
		}
		bar.Stop()
		bar.Stop()
		want := []string{
			"replayed 10,000 of 50,000 dead letters (20 %), 1,000/s, 40 s left",
			"replayed 20,000 of 50,000 dead letters (40 %), 1,000/s, 30 s left",
		}
		if got := lines(&out); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestATerminalHasOneLineThatIsTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		bar := start(&out, true, Options{Verb: "filled", Noun: "hours"})
		said := bar.Around(&out)
		bar.Add(3)
		time.Sleep(250 * time.Millisecond)
		fmt.Fprintln(said, "skipped one")
		time.Sleep(200 * time.Millisecond)
		bar.Stop()
		want := "\rfilled 3 hours, 15/s\x1b[K" + "\r\x1b[Kskipped one\n" + "\rfilled 3 hours, 7.5/s\x1b[K" + "\r\x1b[K"
		if out.String() != want {
			t.Errorf("%q\nwant\n%q", out.String(), want)
		}
	})
}

func TestTheRateForgetsWhatWasLongAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		bar := start(&out, true, Options{Verb: "filled", Noun: "hours", Total: 1_000_000})
		bar.Add(100_000) // at once
		for range 60 {
			time.Sleep(time.Second)
			bar.Add(10)
		}
		time.Sleep(250 * time.Millisecond)
		bar.Stop()
		all := strings.Split(out.String(), "\r")
		if last := all[len(all)-2]; !strings.HasPrefix(last, "filled 100,600 of 1,000,000 hours (10 %), 10/s, 24 h") && !strings.HasPrefix(last, "filled 100,600 of 1,000,000 hours (10 %), 10/s, 1 d 0 h left") {
			t.Errorf("the last line is %q", last)
		}
	})
}

func TestQuietTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		bar := start(&out, true, Options{Verb: "filled", Noun: "hours", Quiet: true})
		bar.Add(1)
		time.Sleep(time.Minute)
		bar.Stop()
		if out.Len() > 0 {
			t.Errorf("%q", out.String())
		}
	})
}

func TestWhatIsToldAtTheEdges(t *testing.T) {
	for want, got := range map[string]string{
		"1 s": span(0.2), "59 s": span(58.1), "1 min 0 s": span(60), "1 h 1 min": span(3660), "2 d 3 h": span(51 * 3600), "more than 100 days": span(1e300),
		"0": thousands(0), "999": thousands(999), "1,000": thousands(1000), "1,234,567": thousands(1_234_567),
		"0/s": perSecond(0), "0.3/s": perSecond(0.26), "11/s": perSecond(10.6), "repl": cut("replayed", 5), "": cut("replayed", 0), "replayed": cut("replayed", 9),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var out bytes.Buffer
	bar := start(&out, true, Options{Verb: "replayed", Noun: "letters", Total: 10, Quiet: true})
	bar.Add(12) // more than was said
	if got := bar.line(bar.began.Add(time.Second)); got != "replayed 12 of 12 letters (100 %), 12/s" {
		t.Errorf("%q", got)
	}
}

func TestManyMayAdd(t *testing.T) {
	var out bytes.Buffer
	bar := start(&out, true, Options{Verb: "a", Noun: "b"})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				bar.Add(1)
			}
			bar.SetTotal(8000)
		})
	}
	all.Wait()
	bar.Stop()
	if got := bar.line(time.Now()); !strings.HasPrefix(got, "a 8,000 of 8,000 b (100 %)") {
		t.Error(got)
	}
}
