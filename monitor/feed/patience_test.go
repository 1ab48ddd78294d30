package feed_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/monitorink/monitorink/monitor/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

func TestASuccessWakesThoseThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p feed.Patience
		began := time.Now()
		up := began.Add(61 * time.Second)
		try := func() error {
			if time.Now().Before(up) {
				return errDown
			}
			return nil
		}
		var all sync.WaitGroup
		ends := make([]time.Duration, 20)
		for i := range ends {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 700 * time.Millisecond) // so that they wait apart
				if err := p.Retry(t.Context(), try); err != nil {
					t.Error(err)
				}
				ends[i] = time.Since(began)
			})
		}
		all.Wait()
		for i, end := range ends {
			if end != ends[0] {
				t.Errorf("the first came through after %v, number %d after %v", ends[0], i, end)
			}
		}
		if p.Err() != nil || p.Failures() < 40 {
			t.Errorf("%v after %d failures", p.Err(), p.Failures())
		}
	})
}

func TestAFailureThatStaysIsToldOfOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, recovered := 0, 0
		p := feed.Patience{Say: func(error) { told++ }, Recovered: func() { recovered++ }}
		up := time.Now().Add(5 * time.Minute)
		err := p.Retry(t.Context(), func() error {
			if time.Now().Before(up) {
				return errDown
			}
			return nil
		})
		if err != nil || told < 7 || told > 11 || recovered != 1 || p.Failures() < 30 {
			t.Errorf("%v; told %d times of %d failures, want about 9; recovered %d times", err, told, p.Failures(), recovered)
		}
	})
}

// One value fails while all others pass, as when a lock is held on its row alone.
func TestWhatFailsAmongSuccessesIsNeitherTriedNorToldOfEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, recovered := 0, 0
		p := feed.Patience{Say: func(error) { told++ }, Recovered: func() { recovered++ }}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		var bad sync.WaitGroup
		bad.Go(func() { _ = p.Retry(ctx, func() error { return errDown }) })
		for ctx.Err() == nil {
			if err := p.Retry(ctx, func() error { return nil }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		bad.Wait()
		if told > 11 || recovered > 11 || p.Failures() > 100 {
			t.Errorf("%d failures; told %d times, recovered %d times, want about 70, and at most 11 each", p.Failures(), told, recovered)
		}
	})
}

func TestPatienceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		var p feed.Patience
		if err := p.Retry(ctx, func() error { return errDown }); !errors.Is(err, errDown) || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestATryThatHangsIsTroubleUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []error
		p := feed.Patience{Say: func(err error) { said = append(said, err) }}
		answer := make(chan error)
		ended := make(chan error)
		go func() { ended <- p.Retry(t.Context(), func() error { return <-answer }) }() // received below
		time.Sleep(9 * time.Second)
		if err := p.Err(); err != nil {
			t.Errorf("after 9 s: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := p.Err(); !errors.Is(err, feed.ErrSlow) || len(said) != 1 || p.Failures() != 0 {
			t.Errorf("after 11 s: %v, told of %v, %d failures", err, said, p.Failures())
		}
		answer <- nil
		if err := <-ended; err != nil || p.Err() != nil {
			t.Errorf("at the end: %v, %v", err, p.Err())
		}
		time.Sleep(time.Minute)
		if p.Err() != nil {
			t.Errorf("long after: %v", p.Err())
		}
	})
}

// A try that hangs fails only once, so that it must be told of then or never.
func TestATryThatHangsSoonAfterOtherTroubleIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []error
		p := feed.Patience{Say: func(err error) { said = append(said, err) }}
		down := true
		err := p.Retry(t.Context(), func() error {
			if down {
				down = false
				return errDown
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = p.Retry(t.Context(), func() error { time.Sleep(time.Minute); return nil })
		if err != nil || len(said) != 2 || !errors.Is(said[1], feed.ErrSlow) {
			t.Errorf("%v; told of %v", err, said)
		}
	})
}

// Trouble soon after other trouble has a beginning and an end of its own.
func TestEachOutageIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, recovered := 0, 0
		p := feed.Patience{Say: func(error) { told++ }, Recovered: func() { recovered++ }}
		for range 3 {
			up := time.Now().Add(8 * time.Second)
			err := p.Retry(t.Context(), func() error {
				if time.Now().Before(up) {
					return errDown
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if told != 3 || recovered != 3 {
			t.Errorf("told of %d beginnings and %d ends of 3 outages", told, recovered)
		}
	})
}
