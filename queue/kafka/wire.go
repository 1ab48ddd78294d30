package kafka

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// explain diagnoses why a broker could not be talked to. Where the other end hung
// up or said what makes no sense, it asks it what it speaks.
func (k *checker) explain(ctx context.Context, addr string, err error) error {
	d := Diagnose(err)
	var p *Problem
	if k.o.CertFile == "" && errors.As(d, &p) && len(p.Options) > 0 && p.Options[0] == "CertFile" {
		p = noCertificate()
		p.Err = err
		return p
	}
	if err == nil || errors.As(d, &p) && !unclear(p, err) {
		return d
	}
	if ctx.Err() != nil {
		return &Problem{Cause: addr + " does not answer in time", Remedy: "see whether the address is right, and whether a firewall stands between", Options: []string{"Brokers"}, Err: err}
	}
	asked := probeWire(ctx, addr)
	switch {
	case !k.o.TLS && asked.tls:
		return &Problem{Cause: "the port speaks TLS", Remedy: "turn TLS on, or write the port of the plaintext listener", Options: []string{"TLS", "Brokers"}, Err: err}
	case k.o.TLS && !asked.tls && asked.plain:
		return &Problem{Cause: "the broker does not speak TLS on this port", Remedy: "turn TLS off, or write the port of the TLS listener", Options: []string{"TLS", "Brokers"}, Err: err}
	case !asked.tls && !asked.plain && asked.open:
		return &Problem{Cause: "something listens there, but it does not speak Kafka's protocol", Remedy: "correct the broker's address", Options: []string{"Brokers"}, Err: err}
	case k.o.SASL == "" && (asked.plain || asked.tls) && errors.Is(err, io.EOF):
		return &Problem{Cause: "the broker hung up on a client that gave no user name", Remedy: "turn SASL on, or write the port of a listener without it", Options: []string{"SASL", "Username", "Password"}, Err: err}
	}
	return d
}

// unclear reports whether a problem is one of those that another protocol at the
// other end would cause too: it hung up, or says nothing though it is there.
func unclear(p *Problem, err error) bool {
	var op *net.OpError
	silent := errors.As(err, &op) && op.Op != "dial" && op.Timeout()
	return silent || len(p.Options) > 0 && p.Options[0] == "TLS"
}

// A wire is what a port speaks.
type wire struct{ open, plain, tls bool }

// probeWire asks a port in plain for its versions, then, without an answer, greets it with TLS.
func probeWire(ctx context.Context, addr string) wire {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var w wire
	if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr); err == nil {
		w.open = true
		w.plain = answers(ctx, conn)
		_ = conn.Close()
	}
	if w.plain {
		return w
	}
	if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr); err == nil {
		c := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // nothing is told to it, only whether it speaks TLS is asked
		err := c.HandshakeContext(ctx)
		_, refused := alertOf(err)
		w.tls = err == nil || refused
		_ = conn.Close()
	}
	return w
}

// answers reports whether what is at the other end answers ApiVersions.
func answers(ctx context.Context, conn net.Conn) bool {
	if t, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(t.Add(-time.Until(t) / 2))
	}
	const correlation = 0x6d6f6e69
	request := binary.BigEndian.AppendUint32(nil, 10)
	request = append(request, 0, 18, 0, 0) // ApiVersions, version 0
	request = binary.BigEndian.AppendUint32(request, correlation)
	request = append(request, 0xff, 0xff) // no client id
	if _, err := conn.Write(request); err != nil {
		return false
	}
	var head [8]byte
	_, err := io.ReadFull(conn, head[:])
	return err == nil && binary.BigEndian.Uint32(head[4:]) == correlation
}
