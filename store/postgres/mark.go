package postgres

import (
	"context"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// due is when a minute that is over may be rolled up: what was measured at its end
// has had time to come.
const due = time.Second

// A mark says that something was written to a series in a minute, counted since 1970;
// of a gap, in those from minute to until.
type mark struct{ series, minute, until int32 }

// marksOf lists the marks of rows, each once for as long as they come by series and
// time; more do no harm.
func marksOf(rows []row) []mark {
	all := make([]mark, 0, len(rows))
	for i := range rows {
		m := minuteOf(rows[i].m.Scheduled)
		if n := len(all); n == 0 || all[n-1].series != rows[i].series || all[n-1].minute != m {
			all = append(all, mark{rows[i].series, m, m})
		}
	}
	return all
}

// minuteOf counts t's minute since 1970, as far as the column goes.
func minuteOf(t time.Time) int32 { return int32(min(max(t.Unix()/60, 0), math.MaxInt32)) }

// minuteAt is the first instant of a minute.
func minuteAt(minute int32) time.Time { return time.Unix(int64(minute)*60, 0).UTC() }

// markSQL is what tells readers and the rollups of marks. It has numbers in it and
// nothing else, so that it goes into the same message as what it tells of.
func (s *Store) markSQL(marks []mark, gaps bool) []byte {
	b := appendChange(nil, marks)
	b = append(b, "insert into rollup_touched (due, series, minute, until) values "...)
	now := s.o.Now()
	over := minuteOf(now.Add(-due)) // the first that is not
	if gaps {
		over = math.MaxInt32 // they change what is there already
	}
	// Minutes that are over are done at once, every other one when it is.
	slices.SortStableFunc(marks, func(a, b mark) int { return int(max(a.minute, over-1)) - int(max(b.minute, over-1)) })
	for start := 0; start < len(marks); {
		at, end := now, start+1
		for end < len(marks) && max(marks[end].minute, over-1) == max(marks[start].minute, over-1) {
			end++
		}
		if m := marks[start].minute; m >= over {
			at = minuteAt(m).Add(time.Minute + due)
		}
		if start > 0 {
			b = append(b, ',')
		}
		b = at.UTC().Truncate(time.Microsecond).AppendFormat(append(b, "(least(timestamptz '"...), time.RFC3339Nano)
		if at.After(now) {
			b = append(b, "'),'"...)
		} else { // at once: by the server's clock, too, in case that of this machine is ahead
			b = append(b, "',now()),'"...)
		}
		b = appendList(b, marks[start:end], func(m mark) int32 { return m.series })
		b = appendList(append(b, "','"...), marks[start:end], func(m mark) int32 { return m.minute })
		if gaps {
			b = appendList(append(b, "','"...), marks[start:end], func(m mark) int32 { return m.until })
			b = append(b, "')"...)
		} else {
			b = append(b, "',null)"...)
		}
		start = end
	}
	return append(b, ';')
}

// appendChange appends what tells readers that marks' series have changed.
func appendChange(b []byte, marks []mark) []byte {
	distinct := make([]mark, 0, len(marks))
	for _, m := range marks {
		if n := len(distinct); n == 0 || distinct[n-1].series != m.series {
			distinct = append(distinct, m)
		}
	}
	b = appendList(append(b, "insert into change (series) values ('"...), distinct, func(m mark) int32 { return m.series })
	return append(b, "');"...)
}

func appendList(b []byte, marks []mark, of func(mark) int32) []byte {
	b = append(b, '{')
	for i, m := range marks {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(of(m)), 10)
	}
	return append(b, '}')
}

// beginWriting begins what others may have to wait for: the server ends it when its
// process stops amid it.
const beginWriting = `begin; set local idle_in_transaction_session_timeout = '` + idleMost + `'`

// idleMost is how long a transaction may wait for its process, as a setting.
const idleMost = "60s"

// together runs write and, when it says that it wrote something, what tells of it, in
// one transaction.
func (w *writer) together(ctx context.Context, write func(pgx.Tx) (bool, error), tell func() []byte) error {
	return pgx.BeginTxFunc(ctx, w.conn, pgx.TxOptions{BeginQuery: beginWriting}, func(tx pgx.Tx) error {
		wrote, err := write(tx)
		if err != nil || !wrote {
			return err
		}
		_, err = tx.Exec(ctx, string(tell()), pgx.QueryExecModeSimpleProtocol)
		return err
	})
}
