package data_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/monitorink/monitorink/data"
)

// An event is read, and tells which slot it accounts for.
func ExampleDecode() {
	e, err := data.Decode([]byte(`{"schema":"measurement/1","monitor":"shop","location":"ber1","instance":"hb-0","version":"9f2c41d0",
		"scheduled_at":"2026-11-23T21:48:30.120Z","attempt":1,"state":"down","started_at":"2026-11-23T21:48:30.121004Z",
		"late_us":1004,"degraded_us":0,"method":"GET","url":"https://shop.example/health","phases":{"dns_us":812,"total_us":812},
		"error":{"kind":"dns","phase":"dns","message":"no such host"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	switch e := e.(type) {
	case *data.Measurement:
		fmt.Println(e.Slot().Monitor, e.Slot().Location, e.Slot().Scheduled.Format(time.RFC3339Nano), "is", e.State)
		fmt.Println(e.Error.Kind, "after", e.Phases.DNS, "- TLS took", e.Phases.TLS)
	case *data.Gap:
		fmt.Println(e.Slots, "slots were not measured:", e.Reason)
	case *data.Registration:
		fmt.Println(e.Monitor, "has slots from", e.From)
	}
	// Output:
	// shop ber1 2026-11-23T21:48:30.12Z is down
	// dns after 812µs - TLS took -
}

// A reader tells an event of a later form, which it may pass over, from one that is broken.
func ExampleDecode_errors() {
	for _, line := range []string{
		`{"schema":"gap/1.4","monitor":"shop","location":"ber1","instance":"hb-0","version":"9f2c41d0","first_at":"2026-11-23T21:48:50.120Z",
			"last_at":"2026-11-23T21:58:40.120Z","slots":60,"reason":"stopped","added_in_form_1.4":true}`,
		`{"schema":"gap/2"}`,
		`{"schema":"gap/1","monitor":7}`,
	} {
		switch e, err := data.Decode([]byte(line)); {
		case errors.Is(err, data.ErrSchema):
			fmt.Println("pass over:", err)
		case err != nil:
			fmt.Println("broken:", err)
		default:
			fmt.Println("read a", e.Kind(), "of", e.Key())
		}
	}
	// Output:
	// read a gap of shop
	// pass over: unknown schema "gap/2": this version reads measurement/1, gap/1 and registration/1
	// broken: malformed event: offset 29 of 30, field "monitor": a number does not belong there
}

// What is written says of each duration whether it was measured.
func ExampleEncode() {
	scheduled := time.Date(2026, 11, 23, 21, 48, 30, 120e6, time.UTC)
	m := &data.Measurement{
		Monitor: "shop", Location: "ber1", Instance: "hb-0", Version: "9f2c41d0", Scheduled: scheduled, Attempt: 1,
		State: data.Up, Started: scheduled.Add(1004 * time.Microsecond), Late: 1004 * time.Microsecond,
		Method: "GET", URL: "http://shop.example/health",
		HTTP:   &data.HTTP{Status: 200, Protocol: "HTTP/1.1", Remote: "203.0.113.7:80", BodyBytes: -1},
		Phases: data.Phases{Connect: data.SpanOf(0), Total: data.SpanOf(9120 * time.Microsecond)},
	}
	b, err := data.Encode(m)
	fmt.Println(string(b), err)
	m.Attempt = 0
	_, err = data.Encode(m)
	fmt.Println(err)
	// Output:
	// {"schema":"measurement/1","monitor":"shop","location":"ber1","instance":"hb-0","version":"9f2c41d0","scheduled_at":"2026-11-23T21:48:30.120Z","attempt":1,"state":"up","started_at":"2026-11-23T21:48:30.121004Z","late_us":1004,"degraded_us":0,"method":"GET","url":"http://shop.example/health","http":{"status":200,"protocol":"HTTP/1.1","remote":"203.0.113.7:80","redirects":0},"phases":{"connect_us":0,"total_us":9120}} <nil>
	// malformed event: measurement: attempt: 0 is not within 1 to 100
}

// Slots are comparable: what was seen of each can be kept in a map, and an event that comes twice is an event once.
func ExampleSlot() {
	at := time.Date(2026, 11, 23, 21, 48, 30, 120e6, time.UTC)
	m := &data.Measurement{Monitor: "shop", Location: "ber1", Scheduled: at, Attempt: 1, State: data.Up}
	states := map[data.Slot]data.State{}
	for range 2 {
		states[m.Slot()] = m.State
	}
	fmt.Println(len(states), states[data.Slot{Monitor: "shop", Location: "ber1", Scheduled: at}])
	// Output:
	// 1 up
}

// Of two accounts of one slot the same stays, in whatever order they come.
func ExampleJoin() {
	at := time.Date(2026, 11, 23, 21, 48, 30, 120e6, time.UTC)
	first := &data.Measurement{Monitor: "shop", Location: "ber1", Scheduled: at, Attempt: 1, Started: at.Add(time.Millisecond), State: data.Up}
	second := &data.Measurement{Monitor: "shop", Location: "ber1", Scheduled: at, Attempt: 1, Started: at.Add(time.Second), State: data.Down}
	gap := &data.Gap{Monitor: "shop", Location: "ber1", First: at, Last: at.Add(time.Minute), Slots: 7, Reason: data.Stopped}

	fmt.Println(gap.Covers(first.Slot()))
	fmt.Println(data.Join(gap, data.Join(second, first)) == data.Event(first))
	fmt.Println(data.Join(data.Join(first, second), gap) == data.Event(first))
	// Output:
	// true
	// true
	// true
}

// A definition's version changes with anything in it, and is part of each event that was made by it.
func ExampleMonitor_Register() {
	m := data.Monitor{
		ID: "shop", URL: "https://shop.example/health", Method: "GET",
		Schedule: data.Schedule{Every: data.Duration(10 * time.Second)}, Timeout: data.Duration(5 * time.Second),
	}
	r := m.Register("ber1", "hb-0", time.Date(2026, 11, 23, 21, 48, 30, 0, time.UTC))
	b, err := data.Encode(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(b))
	m.Timeout = data.Duration(time.Second)
	fmt.Println("another version:", m.Version() != r.Version)
	// Output:
	// {"schema":"registration/1","monitor":"shop","location":"ber1","instance":"hb-0","version":"8560ff89","from":"2026-11-23T21:48:30.000Z","every_us":10000000,"timeout_us":5000000,"method":"GET","url":"https://shop.example/health"}
	// another version: true
}
