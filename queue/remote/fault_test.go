package remote_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/monitorink/monitorink/queue/remote"
)

var errCut = errors.New("cut by the test")

// cutting loses requests, loses answers and cuts answers short.
func cutting(base http.RoundTripper, seed uint64) transport {
	rng, mu := rand.New(rand.NewPCG(seed, 2)), sync.Mutex{}
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return rng.IntN(n)
	}
	return func(r *http.Request) (*http.Response, error) {
		dice := roll(12)
		if dice == 0 {
			return nil, errCut
		}
		w, err := base.RoundTrip(r)
		if err != nil || dice > 2 {
			return w, err
		}
		b, err := io.ReadAll(w.Body)
		w.Body.Close()
		if err != nil || dice == 1 {
			return nil, errCut
		}
		w.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(b[:roll(len(b)+1)]), iotestErr{}), io.NopCloser(nil)}
		return w, nil
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errCut }

func TestNothingIsLostOnABadLine(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	p := serve(t, remote.ServerOptions{Window: 64})
	const n = 1000
	p.publish(t, 0, n)
	base := plain(t)
	done := map[string]int{}
	for round := 0; len(done) < n; round++ {
		s := dial(t, remote.Options{URL: p.url, Prefetch: 16, Client: &http.Client{Transport: cutting(base, seed+uint64(round))}})
		for range min(n/3, n-len(done)) {
			m := next(t, s)
			if rng.IntN(20) == 0 {
				s.Settle(m, again)
				continue
			}
			s.Settle(m, accepted)
			done[string(m.Value)]++
		}
		s.Close()
	}
	s := dial(t, remote.Options{URL: p.url}) // takes what a lost settlement left
	go func() {                              // ends when s is closed
		for {
			m, err := s.Next(t.Context())
			if err != nil {
				return
			}
			s.Settle(m, accepted)
		}
	}()
	p.drained(t)
	twice := 0
	for _, times := range done {
		twice += times - 1
	}
	t.Logf("%d of %d messages came twice", twice, n)
	if twice > n/5 { // only what was under way when a session ended may come again
		t.Errorf("too many came again")
	}
}
