package postgres

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/monitorink/monitorink/data"
)

// measurementColumns are those that scanMeasurement reads, of measurement m,
// series s and profile p.
const measurementColumns = `s.monitor, s.location, m.scheduled, m.attempt, m.started, m.late_us, m.degraded_us,
	m.dns_us, m.connect_us, m.tls_us, m.request_us, m.first_byte_us, m.transfer_us, m.total_us,
	m.body_bytes, m.error::text, m.status, m.remote, m.detail,
	p.instance, p.version, p.method, p.url, p.protocol, p.port, p.tls_version, p.tls_expires_at, p.expectations`

// scanMeasurement reads measurementColumns, and into more what follows them.
func scanMeasurement(row pgx.CollectableRow, more ...any) (*data.Measurement, error) {
	m := &data.Measurement{}
	var (
		late, degraded                                     int32
		dns, connect, tls, request, first, transfer, total *int64
		body                                               *int64
		status, port                                       *int
		kind, protocol, tlsVersion                         *string
		remote                                             *netip.Prefix
		raw                                                []byte
		expires                                            *time.Time
		names                                              []string
	)
	if err := row.Scan(append([]any{
		&m.Monitor, &m.Location, &m.Scheduled, &m.Attempt, &m.Started, &late, &degraded,
		&dns, &connect, &tls, &request, &first, &transfer, &total,
		&body, &kind, &status, &remote, &raw,
		&m.Instance, &m.Version, &m.Method, &m.URL, &protocol, &port, &tlsVersion, &expires, &names,
	}, more...)...); err != nil {
		return nil, err
	}
	var d detail
	if raw != nil {
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("detail of %s at %s, %v: %w", m.Monitor, m.Location, m.Scheduled, err)
		}
	}
	if d.Event != nil {
		return whole(d.Event)
	}
	m.Scheduled, m.Started = m.Scheduled.UTC(), m.Started.UTC()
	m.Late, m.Degraded = time.Duration(late)*time.Microsecond, time.Duration(degraded)*time.Microsecond
	m.Phases = data.Phases{
		DNS: detailSpan(dns), Connect: detailSpan(connect), TLS: detailSpan(tls), Request: detailSpan(request),
		FirstByte: detailSpan(first), Transfer: detailSpan(transfer), Total: detailSpan(total),
	}
	if status != nil {
		m.HTTP = &data.HTTP{Status: *status, Redirects: d.Redirects, BodyBytes: -1}
		if protocol != nil {
			m.HTTP.Protocol = *protocol
		}
		if remote != nil && port != nil {
			m.HTTP.Remote = netip.AddrPortFrom(remote.Addr(), uint16(*port)).String()
		}
		if body != nil {
			m.HTTP.BodyBytes = *body
		}
	}
	if tlsVersion != nil && expires != nil {
		m.TLS = &data.TLS{Version: *tlsVersion, Expires: expires.UTC()}
	}
	m.State, m.Trace = data.Up, d.Trace
	if kind != nil {
		m.State, m.Error = data.Down, &data.Error{Kind: data.ErrorKind(*kind), Phase: d.Phase, Message: d.Message}
	}
	d.fill(m, names)
	return m, nil
}

// fill adds the lists to a measurement that is complete but for them.
func (d *detail) fill(m *data.Measurement, names []string) {
	for _, h := range d.Hops {
		m.Hops = append(m.Hops, h.hop())
	}
	for _, a := range d.Addresses {
		m.Addresses = append(m.Addresses, a.address())
	}
	m.Unprobed, m.Captured = d.Unprobed, (*data.Captured)(d.Captured)
	for _, e := range d.Expectations {
		m.Expectations = append(m.Expectations, data.Expectation(e))
	}
	for _, name := range names {
		m.Expectations = append(m.Expectations, data.Expectation{Name: name, OK: true, Seen: seen(m, name)})
	}
}

func whole(event []byte) (*data.Measurement, error) {
	e, err := data.Decode(event)
	if err != nil {
		return nil, err
	}
	m, ok := e.(*data.Measurement)
	if !ok {
		return nil, fmt.Errorf("detail.event is a %s", e.Kind())
	}
	return m, nil
}
