package bare

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// A Loop probes one URL, as everything is compared with. It is pinned: change it
// only together with all figures that were taken against it.
type Loop struct {
	client *http.Client
	url    string
}

// New returns a loop that trusts roots (nil: the system's), and connects anew for each
// probe unless reuse.
func New(url string, reuse bool, roots *x509.CertPool) *Loop {
	return &Loop{url: url, client: &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: !reuse, MaxIdleConnsPerHost: 256, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{RootCAs: roots},
		},
	}}
}

// Probe makes one request, stamps its phases and reads the body.
func (b *Loop) Probe() error {
	var dns, dnsDone, connect, connectDone, tlsStart, tlsDone, got, wrote, first time.Time
	trace := &httptrace.ClientTrace{
		DNSStart:             func(httptrace.DNSStartInfo) { dns = time.Now() },
		DNSDone:              func(httptrace.DNSDoneInfo) { dnsDone = time.Now() },
		ConnectStart:         func(string, string) { connect = time.Now() },
		ConnectDone:          func(string, string, error) { connectDone = time.Now() },
		TLSHandshakeStart:    func() { tlsStart = time.Now() },
		TLSHandshakeDone:     func(tls.ConnectionState, error) { tlsDone = time.Now() },
		GotConn:              func(httptrace.GotConnInfo) { got = time.Now() },
		WroteRequest:         func(httptrace.WroteRequestInfo) { wrote = time.Now() },
		GotFirstResponseByte: func() { first = time.Now() },
	}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url, nil)
	if err != nil {
		return err
	}
	res, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	sink(dns, dnsDone, connect, connectDone, tlsStart, tlsDone, got, wrote, first, time.Now())
	return nil
}

//go:noinline
func sink(...time.Time) {}

// Close drops the connections that are idle.
func (b *Loop) Close() { b.client.CloseIdleConnections() }
