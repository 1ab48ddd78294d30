package postgres

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// A column is one of measurement's, with the type that its field has on the wire.
// A field has the same bytes in a COPY and in an array.
type column struct {
	name  string
	typ   string // of an array's elements
	elem  uint32 // its OID, and that of the array
	array uint32
	cast  string // to the column's own type
}

// The order is that of appendField.
var columns = []column{
	{name: "series", typ: "int4", elem: 23, array: 1007},
	{name: "scheduled", typ: "timestamptz", elem: 1184, array: 1185},
	{name: "attempt", typ: "int2", elem: 21, array: 1005},
	{name: "started", typ: "timestamptz", elem: 1184, array: 1185},
	{name: "profile", typ: "int4", elem: 23, array: 1007},
	{name: "late_us", typ: "int4", elem: 23, array: 1007},
	{name: "degraded_us", typ: "int4", elem: 23, array: 1007},
	{name: "dns_us", typ: "int4", elem: 23, array: 1007},
	{name: "connect_us", typ: "int4", elem: 23, array: 1007},
	{name: "tls_us", typ: "int4", elem: 23, array: 1007},
	{name: "request_us", typ: "int4", elem: 23, array: 1007},
	{name: "first_byte_us", typ: "int4", elem: 23, array: 1007},
	{name: "transfer_us", typ: "int4", elem: 23, array: 1007},
	{name: "total_us", typ: "int4", elem: 23, array: 1007},
	{name: "body_bytes", typ: "int4", elem: 23, array: 1007},
	{name: "error", typ: "text", elem: 25, array: 1009, cast: "::error_kind"},
	{name: "status", typ: "int2", elem: 21, array: 1005},
	{name: "remote", typ: "inet", elem: 869, array: 1041},
	{name: "detail", typ: "jsonb", elem: 3802, array: 3807},
}

// The columns of the key, the first phase, and the last.
const (
	keyColumns   = 3
	phaseColumn  = 7
	detailColumn = 18
)

// names lists columns, each after prefix and with what suffix adds.
func names(list []column, prefix string, suffix func(column) string) string {
	var all []string
	for _, c := range list {
		name := prefix + c.name
		if suffix != nil {
			name += suffix(c)
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

// unnest is the table of rows that parameters 1 and on hold, by column.
func unnest(list []column) string {
	var args []string
	for i, c := range list {
		args = append(args, "$"+strconv.Itoa(i+1)+"::"+c.typ+"[]")
	}
	return "unnest(" + strings.Join(args, ", ") + ") with ordinality as t(" + names(list, "", nil) + ", n)"
}

func appendInt16(b []byte, v int16) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }
func appendInt32(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
func appendInt64(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

// Fields have their length before them; null is a length of -1.
func appendNull(b []byte) []byte          { return appendInt32(b, -1) }
func appendInt2(b []byte, v int16) []byte { return appendInt16(appendInt32(b, 2), v) }
func appendInt4(b []byte, v int32) []byte { return appendInt32(appendInt32(b, 4), v) }
func appendInt8(b []byte, v int64) []byte { return appendInt64(appendInt32(b, 8), v) }
func appendOrNull(b []byte, v int32) []byte {
	if v == none {
		return appendNull(b)
	}
	return appendInt4(b, v)
}

// appendField appends the row's field of columns[column].
func (r *row) appendField(b []byte, column int) []byte {
	switch column {
	case 0:
		return appendInt4(b, r.series)
	case 1:
		return appendInt8(b, r.scheduled)
	case 2:
		return appendInt2(b, r.attempt)
	case 3:
		return appendInt8(b, r.started)
	case 4:
		return appendInt4(b, r.profile)
	case 5:
		return appendInt4(b, r.late)
	case 6:
		return appendInt4(b, r.degraded)
	case 14:
		return appendOrNull(b, r.body)
	case 15:
		if r.m.Error == nil {
			return appendNull(b)
		}
		return appendText(b, string(r.m.Error.Kind))
	case 16:
		if r.status == none {
			return appendNull(b)
		}
		return appendInt2(b, int16(r.status))
	case 17:
		return r.appendRemote(b)
	case 18:
		if r.detail == nil {
			return appendNull(b)
		}
		// jsonb's form begins with its version.
		return append(append(appendInt32(b, int32(len(r.detail))+1), 1), r.detail...)
	}
	return appendOrNull(b, r.phases[column-phaseColumn])
}

// appendRemote appends an inet: family (2 and 3), bits, whether it is a network,
// length, address.
func (r *row) appendRemote(b []byte) []byte {
	switch {
	case !r.remote.IsValid():
		return appendNull(b)
	case r.remote.Is4():
		a := r.remote.As4()
		return append(append(appendInt32(b, 8), 2, 32, 0, 4), a[:]...)
	}
	a := r.remote.As16()
	return append(append(appendInt32(b, 20), 3, 128, 0, 16), a[:]...)
}

// appendCopy appends rows in the binary form of COPY.
func appendCopy(b []byte, rows []row) []byte {
	b = append(b, "PGCOPY\n\xff\r\n\x00"...)
	b = appendInt32(appendInt32(b, 0), 0) // flags, and no extension
	for i := range rows {
		b = appendInt16(b, int16(len(columns)))
		for c := range columns {
			b = rows[i].appendField(b, c)
		}
	}
	return appendInt16(b, -1)
}

// appendArray appends one column of rows as an array.
func appendArray(b []byte, rows []row, c int) []byte {
	b = appendInt32(b, 1) // dimension
	b = appendInt32(b, 1) // there may be nulls
	b = binary.BigEndian.AppendUint32(b, columns[c].elem)
	b = appendInt32(b, int32(len(rows)))
	b = appendInt32(b, 1) // the first index
	for i := range rows {
		b = rows[i].appendField(b, c)
	}
	return b
}
