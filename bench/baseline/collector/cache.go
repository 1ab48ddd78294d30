package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A cache knows the ids of what many rows have in common.
type cache[K comparable] struct {
	insert func(ctx context.Context, pool *pgxpool.Pool, missing []K) ([]int32, error)

	mu    sync.RWMutex
	known map[K]int32
}

func newCache[K comparable](insert func(context.Context, *pgxpool.Pool, []K) ([]int32, error)) *cache[K] {
	return &cache[K]{insert: insert, known: map[K]int32{}}
}

// ids returns the ids of keys, in their order.
func (c *cache[K]) ids(ctx context.Context, pool *pgxpool.Pool, keys []K) ([]int32, error) {
	out := make([]int32, len(keys))
	var missing []K
	seen := map[K]bool{}
	c.mu.RLock()
	for i, k := range keys {
		id, ok := c.known[k]
		if out[i] = id; !ok && !seen[k] {
			seen[k] = true
			missing = append(missing, k)
		}
	}
	c.mu.RUnlock()
	if len(missing) == 0 {
		return out, nil
	}
	found, err := c.insert(ctx, pool, missing)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range missing {
		c.known[k] = found[i]
	}
	for i, k := range keys {
		out[i] = c.known[k]
	}
	return out, nil
}

type seriesKey struct{ monitor, location string }

type profileKey struct {
	instance, version, method, url, protocol, tlsVersion string
	port                                                 int32
	expires                                              int64
}

func (e *event) series() seriesKey { return seriesKey{e.Monitor, e.Location} }

func (e *event) profile() profileKey {
	k := profileKey{instance: e.Instance, version: e.Version, method: e.Method, url: e.URL}
	if e.HTTP != nil {
		k.protocol = e.HTTP.Protocol
		if a, err := netip.ParseAddrPort(e.HTTP.Remote); err == nil {
			k.port = int32(a.Port())
		}
	}
	if e.TLS != nil {
		k.tlsVersion, k.expires = e.TLS.Version, e.TLS.ExpiresAt.Unix()
	}
	return k
}

func insertSeries(ctx context.Context, pool *pgxpool.Pool, missing []seriesKey) ([]int32, error) {
	monitors, locations := make([]string, len(missing)), make([]string, len(missing))
	for i, k := range missing {
		monitors[i], locations[i] = k.monitor, k.location
	}
	if _, err := pool.Exec(ctx, `insert into series (monitor, location)
		select * from unnest($1::text[], $2::text[]) on conflict do nothing`, monitors, locations); err != nil {
		return nil, err
	}
	return collect(ctx, pool, len(missing), `select s.id from unnest($1::text[], $2::text[]) with ordinality k (monitor, location, n)
		join series s using (monitor, location) order by k.n`, monitors, locations)
}

func insertProfiles(ctx context.Context, pool *pgxpool.Pool, missing []profileKey) ([]int32, error) {
	n := len(missing)
	digests, expires, ports := make([][]byte, n), make([]*time.Time, n), make([]*int32, n)
	var texts [6][]*string
	for i := range texts {
		texts[i] = make([]*string, n)
	}
	for i, k := range missing {
		sum := sha256.Sum256(fmt.Append(nil, k))
		digests[i] = sum[:16]
		for j, s := range []string{k.instance, k.version, k.method, k.url, k.protocol, k.tlsVersion} {
			if s != "" || j < 4 {
				texts[j][i] = &s
			}
		}
		if k.tlsVersion != "" {
			t := time.Unix(k.expires, 0)
			expires[i] = &t
		}
		if k.port != 0 {
			ports[i] = &k.port
		}
	}
	if _, err := pool.Exec(ctx, `insert into profile (digest, tls_expires_at, port, instance, version, method, url, protocol, tls_version)
		select * from unnest($1::bytea[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
		on conflict do nothing`,
		digests, expires, ports, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]); err != nil {
		return nil, err
	}
	return collect(ctx, pool, n, `select p.id from unnest($1::bytea[]) with ordinality k (digest, n)
		join profile p using (digest) order by k.n`, digests)
}

func collect(ctx context.Context, pool *pgxpool.Pool, want int, query string, args ...any) ([]int32, error) {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err == nil && len(ids) != want {
		err = fmt.Errorf("%d of %d ids found", len(ids), want)
	}
	return ids, err
}
