package probe_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/monitorink/monitorink/data"
	"github.com/monitorink/monitorink/monitor/probe"
)

func ExampleProber_Probe() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }))
	defer s.Close()
	t, err := probe.Compile(&data.Monitor{
		ID: "shop", URL: s.URL, Timeout: data.Duration(5 * time.Second),
		Expect: data.Expect{Body: data.ExpectBody{Pattern: data.Pattern{Matches: []string{"fine"}}}}, // so the body is read
	})
	if err != nil {
		panic(err)
	}
	p := probe.New(probe.Options{})
	defer p.Close()
	r := p.Probe(context.Background(), t)
	defer r.Release()
	fmt.Println(r.HTTP.Status, r.HTTP.Protocol, string(r.Body))
	fmt.Println(r.Phases.DNS.Measured(), r.Phases.Connect.Measured(), r.Phases.TLS.Measured())
	// Output:
	// 200 HTTP/1.1 fine
	// false true false
}
