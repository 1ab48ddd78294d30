package web_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/monitorink/monitorink/data"
)

// held is what the process holds: heap and stacks in use.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func TestThousandListenersTakeLittleMemory(t *testing.T) {
	const listeners, changes = 1000, 3
	s := newLive()
	fleet := func(n int) {
		events := make([]data.Event, 1000)
		for i := range events {
			events[i] = measurement(fmt.Sprintf("service-%05d", i), n)
		}
		s.save(t, events...)
	}
	fleet(0)
	server := httptest.NewServer(served(t, s))
	defer server.Close()
	overview(t, server.Config.Handler)
	before := held()

	var heard [changes + 1]sync.WaitGroup // of the beginning, and of each change
	for i := range heard {
		heard[i].Add(listeners)
	}
	var ended sync.WaitGroup
	for range listeners {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ended.Go(func() { // ends with the connection
			fmt.Fprint(c, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
			r, n := bufio.NewReaderSize(c, 512), 0
			for n < len(heard) {
				line, err := r.ReadSlice('\n')
				switch {
				case errors.Is(err, bufio.ErrBufferFull): // rows
				case err != nil:
					t.Errorf("after %d of what is to come: %v", n, err)
					for ; n < len(heard); n++ {
						heard[n].Done()
					}
				case strings.HasPrefix(string(line), "id: ") && n == 0, strings.HasPrefix(string(line), "event: change"):
					heard[n].Done()
					n++
				}
			}
		})
	}
	heard[0].Wait()
	for n := range changes {
		fleet(n + 1)
		heard[n+1].Wait()
	}
	took := int64(held()) - int64(before)
	t.Logf("%d KiB for each listener, the client included", took/1024/listeners)
	if took > 50<<20 {
		t.Errorf("%d listeners take %d MiB", listeners, took>>20)
	}
	ended.Wait()
}
