package heartbeat_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/heartbeat"
	"github.com/monitorink/monitorink/monitor/probe"
)

// names is a resolver that sends each question to a socket of the test, which answers
// for two addresses.
func names(t *testing.T, addresses ...[4]byte) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}) // closed by the server
	go func() {                 // waited for at the test's end
		defer close(done)
		for b := make([]byte, 512); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			end := 12 + strings.IndexByte(string(b[12:n]), 0) + 5
			answer := append([]byte(nil), b[:end]...)
			copy(answer[2:], []byte{0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0})
			if b[end-3] == 1 { // A
				for _, a := range addresses {
					answer[7]++
					answer = append(append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4), a[:]...)
				}
			}
			c.WriteTo(answer, from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, c.LocalAddr().String())
	}}
}

func TestMeasurementOfAllAddressesIsThatOfTheFirstThatIsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })}
	go s.Serve(l) // ends with the server
	t.Cleanup(func() { s.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	one, two, many := [4]byte{127, 0, 0, 1}, [4]byte{127, 0, 0, 2}, [][4]byte{}
	for i := range byte(18) {
		many = append(many, [4]byte{127, 0, 1, i})
	}
	for _, tt := range []struct {
		name                  string
		addresses             [][4]byte
		status                int
		state                 data.State
		first                 data.ErrorKind
		down, unprobed        int
		message, messageEnded string
	}{
		{"up", [][4]byte{one}, 418, data.Up, "", 0, 0, "", ""},
		{"one down", [][4]byte{one, two}, 418, data.Down, data.ErrRefused, 1, 0, "127.0.0.2:" + port + ": ", "connection refused"},
		{"all down", [][4]byte{one, two}, 200, data.Down, "", 2, 0, "127.0.0.", "; 2 of 2 addresses are down"},
		{"one, judged", [][4]byte{one}, 200, data.Down, data.ErrExpectation, 1, 0, "status: expected 200", ""},
		{"too many", many, 200, data.Down, data.ErrRefused, 16, 2, "127.0.1.", "; 16 of 16 addresses are down"},
		{"none", nil, 200, data.Down, data.ErrDNS, 0, 0, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := probe.New(probe.Options{Resolver: names(t, tt.addresses...)})
			defer p.Close()
			m := data.Monitor{
				ID: "m", URL: "http://shop.example:" + port, Method: "GET", Timeout: data.Duration(5 * time.Second), Addresses: data.AddressesAll,
				Expect: data.Expect{Status: []data.StatusRange{{From: tt.status, To: tt.status}}},
			}
			got, err := heartbeat.Once(t.Context(), p, nil, &m, "l", "i")
			if err != nil {
				t.Fatal(err)
			}
			if err := data.Validate(got); err != nil {
				t.Fatal(err)
			}
			down := 0
			var first *data.Address
			for i := range got.Addresses {
				if a := &got.Addresses[i]; a.State == data.Down {
					if down++; first == nil {
						first = a
					}
				}
			}
			if got.State != tt.state || len(got.Addresses) != min(len(tt.addresses), 16) || down != tt.down || got.Unprobed != tt.unprobed {
				t.Errorf("%s, %d addresses, %d down, %d unprobed: %+v", got.State, len(got.Addresses), down, got.Unprobed, got.Error)
			}
			if first != nil && (got.Phases != first.Phases || got.Error.Kind != first.Error.Kind || len(tt.addresses) > 1 && !strings.HasPrefix(got.Error.Message, first.Remote)) {
				t.Errorf("it is not that of %+v: %+v", first, got)
			}
			if tt.state == data.Down && (tt.first != "" && got.Error.Kind != tt.first || !strings.HasPrefix(got.Error.Message, tt.message) || !strings.HasSuffix(got.Error.Message, tt.messageEnded)) {
				t.Errorf("got %+v, want %s … %s", got.Error, tt.message, tt.messageEnded)
			}
		})
	}
}
