package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// params are a statement's parameters in binary form, the first of which are
// columns of rows as arrays.
type params struct {
	rows []row
	buf  *[]byte
	ends []int
	oids []uint32
}

func (p *params) add(oid uint32, b []byte) {
	*p.buf = b
	p.ends, p.oids = append(p.ends, len(b)), append(p.oids, oid)
}

// arrays adds the first n columns.
func (p *params) arrays(n int) {
	p.buf = buffers.Get().(*[]byte)
	*p.buf = (*p.buf)[:0]
	for c := range n {
		p.add(columns[c].array, appendArray(*p.buf, p.rows, c))
	}
}

// instant adds microseconds since 2000.
func (p *params) instant(us int64) { p.add(1184, appendInt64(*p.buf, us)) }

// days adds the first and the last instant of the rows.
func (p *params) days() {
	first, last := p.rows[0].scheduled, p.rows[0].scheduled
	for i := range p.rows {
		first, last = min(first, p.rows[i].scheduled), max(last, p.rows[i].scheduled)
	}
	p.instant(first)
	p.instant(last)
}

func (p *params) values() [][]byte {
	values, start := make([][]byte, len(p.ends)), 0
	for i, end := range p.ends {
		values[i], start = (*p.buf)[start:end:end], end
	}
	return values
}

func (p *params) free() { buffers.Put(p.buf) }

// binary is the format of all parameters and results.
var binaryFormat = []int16{1}

// query runs sql as an unnamed statement, so that it fits any session.
func (p *params) query(ctx context.Context, conn *pgx.Conn, sql string) *pgconn.ResultReader {
	return conn.PgConn().ExecParams(ctx, sql, p.values(), p.oids, binaryFormat, binaryFormat)
}
