package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A pair identifies a series.
type pair struct{ monitor, location string }

// appendPair appends the key that a series is remembered by. Ids have no control
// characters.
func appendPair(b []byte, p pair) []byte {
	return append(append(append(b, p.monitor...), 0), p.location...)
}

// seriesOf sets id for each of n pairs, and adds to the table what is new.
func (s *Store) seriesOf(ctx context.Context, conn *pgx.Conn, n int, at func(int) pair, set func(int, int32)) error {
	age := s.series.now()
	var key []byte
	missing := map[string]pair{}
	var last pair
	var id int32
	for i := range n {
		p := at(i)
		if p != last || id == 0 {
			key = appendPair(key[:0], p)
			if id, _ = s.series.get(key); id == 0 {
				missing[string(key)] = p
			}
			last = p
		}
		set(i, id)
	}
	if len(missing) == 0 {
		return nil
	}
	found := map[string]int32{}
	for _, add := range []bool{false, true, false} { // ids are not spent on what is there
		if err := querySeries(ctx, conn, missing, found, add); err != nil {
			return fmt.Errorf("look up %d series: %w", len(missing), err)
		}
		if len(found) == len(missing) {
			break
		}
	}
	if len(found) < len(missing) {
		return fmt.Errorf("%d of %d series are neither there nor new", len(missing)-len(found), len(missing))
	}
	s.series.add(age, found)
	for i := range n {
		key = appendPair(key[:0], at(i))
		if id, ok := found[string(key)]; ok {
			set(i, id)
		}
	}
	return nil
}

// querySeries reads the ids of what found has not, or adds rows for them.
func querySeries(ctx context.Context, conn *pgx.Conn, missing map[string]pair, found map[string]int32, add bool) error {
	var monitors, locations []string
	for key, p := range missing {
		if _, ok := found[key]; !ok {
			monitors, locations = append(monitors, p.monitor), append(locations, p.location)
		}
	}
	if add {
		_, err := conn.Exec(ctx, `insert into series (monitor, location)
			select monitor, location from unnest($1::text[], $2::text[]) as t(monitor, location)
			order by monitor collate "C", location collate "C" on conflict do nothing`, monitors, locations)
		return err
	}
	rows, err := conn.Query(ctx, `select s.monitor, s.location, s.id from unnest($1::text[], $2::text[]) as t(monitor, location)
		cross join lateral (select * from series s where s.monitor = t.monitor and s.location = t.location limit 1) s`, monitors, locations)
	if err != nil {
		return err
	}
	var p pair
	var id int32
	_, err = pgx.ForEachRow(rows, []any{&p.monitor, &p.location, &id}, func() error {
		found[string(appendPair(nil, p))] = id
		return nil
	})
	return err
}

// profilesOf sets the profile of each row, and adds to the table what is new.
func (s *Store) profilesOf(ctx context.Context, conn *pgx.Conn, rows []row) error {
	age := s.profiles.now()
	var key []byte
	var missing map[string]*row
	for i := range rows {
		key = rows[i].appendProfile(key[:0])
		id, ok := s.profiles.get(key)
		if !ok {
			if missing == nil {
				missing = map[string]*row{}
			}
			missing[string(key)] = &rows[i]
		}
		rows[i].profile = id
	}
	if missing == nil {
		return nil
	}
	digests := map[string]string{} // to the key
	for key := range missing {
		digests[digestOf(key)] = key
	}
	found := map[string]int32{}
	for _, add := range []bool{false, true, false} {
		if err := queryProfiles(ctx, conn, missing, digests, found, add); err != nil {
			return fmt.Errorf("look up %d profiles: %w", len(missing), err)
		}
		if len(found) == len(missing) {
			break
		}
	}
	if len(found) < len(missing) {
		return fmt.Errorf("%d of %d profiles are neither there nor new", len(missing)-len(found), len(missing))
	}
	s.profiles.add(age, found)
	for i := range rows {
		if rows[i].profile == 0 {
			key = rows[i].appendProfile(key[:0])
			rows[i].profile = found[string(key)]
		}
	}
	return nil
}

// digestOf is profile.digest of what appendProfile made.
func digestOf(key string) string {
	digest := sha256.Sum256([]byte(key))
	return string(digest[:16])
}

func queryProfiles(ctx context.Context, conn *pgx.Conn, missing map[string]*row, digests map[string]string, found map[string]int32, add bool) error {
	var wanted [][]byte
	for digest, key := range digests {
		if _, ok := found[key]; !ok {
			wanted = append(wanted, []byte(digest))
		}
	}
	slices.SortFunc(wanted, slices.Compare)
	if add {
		return addProfiles(ctx, conn, missing, digests, wanted)
	}
	rows, err := conn.Query(ctx, `select p.digest, p.id from unnest($1::bytea[]) as t(digest)
		cross join lateral (select * from profile p where p.digest = t.digest limit 1) p`, wanted)
	if err != nil {
		return err
	}
	var digest []byte
	var id int32
	_, err = pgx.ForEachRow(rows, []any{&digest, &id}, func() error {
		found[digests[string(digest)]] = id
		return nil
	})
	return err
}

// addProfiles adds them in the order of their digests.
func addProfiles(ctx context.Context, conn *pgx.Conn, missing map[string]*row, digests map[string]string, wanted [][]byte) error {
	var (
		instances, versions, methods, urls []string
		protocols, tlsVersions, names      []*string
		ports                              []*int32
		expires                            []*time.Time
	)
	for _, digest := range wanted {
		r := missing[digests[string(digest)]]
		m := r.m
		instances, versions = append(instances, m.Instance), append(versions, m.Version)
		methods, urls = append(methods, m.Method), append(urls, m.URL)
		var protocol, tlsVersion, list *string
		var port *int32
		if m.HTTP != nil {
			protocol = &m.HTTP.Protocol
			if r.port != none {
				port = &r.port
			}
		}
		if m.TLS != nil {
			tlsVersion = &m.TLS.Version
		}
		if n := r.names(); n != nil {
			b, err := json.Marshal(n)
			if err != nil {
				return err
			}
			text := string(b)
			list = &text
		}
		protocols, tlsVersions, names = append(protocols, protocol), append(tlsVersions, tlsVersion), append(names, list)
		ports, expires = append(ports, port), append(expires, r.expires())
	}
	_, err := conn.Exec(ctx, `insert into profile (digest, instance, version, method, url, protocol, port, tls_version, tls_expires_at, expectations)
		select digest, instance, version, method, url, protocol, port, tls_version, tls_expires_at,
			(select array_agg(e order by n) from jsonb_array_elements_text(names::jsonb) with ordinality as j(e, n))
		from unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int4[], $8::text[], $9::timestamptz[], $10::text[])
			as t(digest, instance, version, method, url, protocol, port, tls_version, tls_expires_at, names)
		order by digest on conflict do nothing`,
		wanted, instances, versions, methods, urls, protocols, ports, tlsVersions, expires, names)
	return err
}
