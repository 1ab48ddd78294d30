package postgres

import (
	"context"
	"strings"
)

const verifySQL = `select (
	select count(*) from unnest($1::int4[], $2::text[], $3::text[]) as t(id, monitor, location)
	cross join lateral (select from series s where s.id = t.id and s.monitor = t.monitor and s.location = t.location limit 1) s
) + (
	select count(*) from unnest($4::int4[], $5::bytea[]) as t(id, digest)
	cross join lateral (select from profile p where p.id = t.id and p.digest = t.digest limit 1) p
)`

// verify holds the newest numbers that are remembered against the database, and
// forgets all when they are not the same. It may be another one than before, or have
// lost its last rows in a failover, and others then take their numbers; behind a
// pooler our connection does not tell.
func (w *writer) verify(ctx context.Context) error {
	series, profiles := w.series.newest(), w.profiles.newest()
	if len(series)+len(profiles) == 0 {
		return nil
	}
	var seriesIDs, profileIDs []int32
	var monitors, locations []string
	var digests [][]byte
	for _, s := range series {
		monitor, location, _ := strings.Cut(s.key, "\x00") // as appendPair joins them
		seriesIDs, monitors, locations = append(seriesIDs, s.id), append(monitors, monitor), append(locations, location)
	}
	for _, p := range profiles {
		profileIDs, digests = append(profileIDs, p.id), append(digests, []byte(digestOf(p.key)))
	}
	var same int
	if err := w.conn.QueryRow(ctx, verifySQL, seriesIDs, monitors, locations, profileIDs, digests).Scan(&same); err != nil {
		return err
	}
	if same < len(series)+len(profiles) {
		w.log.Warn("the database has lost rows, or is another one: series and profiles are looked up anew")
		w.series.forget()
		w.profiles.forget()
	}
	return nil
}
