package postgres

import (
	"cmp"
	"encoding/json"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/monitorink/monitorink/data"
)

// A row is a measurement in the form of its table's columns.
type row struct {
	m     *data.Measurement
	index int // in what Save was given

	scheduled, started int64 // microseconds since 2000
	series, profile    int32
	late, degraded     int32
	phases             [7]int32 // none: null
	body, status       int32    // none: null
	attempt            int16
	remote             netip.Addr // invalid: null
	port               int32      // of the profile; none: null
	told               bool       // the profile has the expectations' names
	detail             []byte     // nil: null
}

// none stands for null where a column holds no number below zero.
const none = -1

// epoch is the server's, in microseconds since 1970.
const epoch = 946_684_800_000_000

// newRow returns m as a row; all but what identifies series and profile is set.
func newRow(m *data.Measurement, index int) row {
	r := row{
		m: m, index: index,
		scheduled: m.Scheduled.UnixMicro() - epoch, started: m.Started.UnixMicro() - epoch,
		attempt: int16(m.Attempt), body: none, status: none, port: none,
	}
	fits := true
	r.late = narrow(m.Late.Microseconds(), math.MinInt32, &fits)
	r.degraded = narrow(m.Degraded.Microseconds(), math.MinInt32, &fits)
	p := &m.Phases
	for i, s := range [...]data.Span{p.DNS, p.Connect, p.TLS, p.Request, p.FirstByte, p.Transfer, p.Total} {
		r.phases[i] = none
		if s.Measured() {
			r.phases[i] = narrow(int64(s)-1, 0, &fits)
		}
	}
	redirects := 0
	if h := m.HTTP; h != nil {
		if r.status = narrow(int64(h.Status), 0, &fits); r.status > math.MaxInt16 {
			r.status, fits = math.MaxInt16, false
		}
		if h.BodyBytes >= 0 {
			r.body = narrow(h.BodyBytes, 0, &fits)
		}
		redirects = h.Redirects
		r.answeredBy(h.Remote, &fits)
	}
	r.told = told(m)
	switch {
	case !fits:
		r.detail = eventDetail(m)
	case !r.told || redirects != 0 || len(m.Hops) > 0 || m.Error != nil || m.Trace != "" || len(m.Addresses) > 0:
		r.detail = plainDetail(m, redirects, r.told)
	}
	return r
}

// answeredBy sets address and port, when remote has the usual form.
func (r *row) answeredBy(remote string, fits *bool) {
	if remote == "" {
		return
	}
	var b [64]byte
	a, err := netip.ParseAddrPort(remote)
	if err != nil || a.Addr().Is4In6() || a.Addr().Zone() != "" || string(a.AppendTo(b[:0])) != remote {
		*fits = false
		return
	}
	r.remote, r.port = a.Addr(), int32(a.Port())
}

// narrow is v within low and an int32's maximum; it clears fits when v is not.
func narrow(v int64, low int64, fits *bool) int32 {
	if v < low || v > math.MaxInt32 {
		*fits = false
	}
	return int32(min(max(v, low), math.MaxInt32))
}

func plainDetail(m *data.Measurement, redirects int, told bool) []byte {
	d := detail{Redirects: redirects, Hops: detailHops(m.Hops), Trace: m.Trace, Addresses: detailAddresses(m.Addresses), Unprobed: m.Unprobed, Captured: (*detailCaptured)(m.Captured)}
	if m.Error != nil {
		d.Phase, d.Message = m.Error.Phase, m.Error.Message
	}
	if !told {
		for _, e := range m.Expectations {
			d.Expectations = append(d.Expectations, detailExpected(e))
		}
	}
	return marshal(d)
}

func eventDetail(m *data.Measurement) []byte {
	event, err := data.Encode(m)
	if err != nil { // Save has validated it
		panic(err)
	}
	return marshal(detail{Event: event})
}

// marshal returns nil for what says nothing.
func marshal(d detail) []byte {
	b, err := json.Marshal(d)
	if err != nil { // it holds texts, numbers, and an event that was just encoded
		panic(err)
	}
	if string(b) == "{}" {
		return nil
	}
	return b
}

// hasNUL reports whether JSON that json or data wrote tells of a NUL.
func hasNUL(b []byte) bool {
	for s := string(b); ; {
		i := strings.Index(s, `\u0000`)
		if i < 0 {
			return false
		}
		escaped := false // by an odd number of backslashes before it
		for j := i - 1; j >= 0 && s[j] == '\\'; j-- {
			escaped = !escaped
		}
		if !escaped {
			return true
		}
		s = s[i+1:]
	}
}

// appendProfile appends what identifies the row's profile: all of its columns.
// Stored digests are made of it, so that its form stays as it is.
func (r *row) appendProfile(b []byte) []byte {
	m := r.m
	b = appendText(b, m.Instance)
	b = appendText(b, m.Version)
	b = appendText(b, m.Method)
	b = appendText(b, m.URL)
	if h := m.HTTP; h != nil {
		b = appendText(append(b, 'h'), h.Protocol)
		b = appendInt32(b, r.port)
	}
	if t := m.TLS; t != nil {
		b = appendText(append(b, 't'), t.Version)
		b = appendInt64(b, t.Expires.Unix())
	}
	if r.told {
		for i := range m.Expectations {
			b = appendText(append(b, 'e'), m.Expectations[i].Name)
		}
	}
	return b
}

func appendText(b []byte, s string) []byte { return append(appendInt32(b, int32(len(s))), s...) }

// storable says whether the database can hold a text of the profile as it is.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// texts lists those of the profile.
func (r *row) texts() []string {
	m := r.m
	all := []string{m.Instance, m.Version, m.Method, m.URL}
	if m.HTTP != nil {
		all = append(all, m.HTTP.Protocol)
	}
	if m.TLS != nil {
		all = append(all, m.TLS.Version)
	}
	return append(all, r.names()...)
}

// names are the expectations' that the profile has.
func (r *row) names() (names []string) {
	if r.told {
		for _, e := range r.m.Expectations {
			names = append(names, e.Name)
		}
	}
	return names
}

func (r *row) expires() *time.Time {
	if r.m.TLS == nil {
		return nil
	}
	t := r.m.TLS.Expires.UTC().Truncate(time.Second)
	return &t
}

// compareKeys orders rows by day, and then by their primary key, as every writer does,
// so that two of them wait for one another and do not deadlock. The day is first since
// COPY collects what goes into one partition, and writes the partitions in the order in
// which they came.
func compareKeys(a, b *row) int {
	return cmp.Or(cmp.Compare(a.day(), b.day()), cmp.Compare(a.series, b.series), cmp.Compare(a.scheduled, b.scheduled), cmp.Compare(a.attempt, b.attempt))
}
