//go:build integration

package postgres_test

import (
	"testing"

	"github.com/monitorink/monitorink/internal/servers"
)

// TestSaveNoticesAnotherDatabaseBehindItsConnection has the tables start anew while
// the client's connection to the pooler stays, as after a failover that lost them,
// and others take the numbers that the store remembers.
func TestSaveNoticesAnotherDatabaseBehindItsConnection(t *testing.T) {
	for name, lost := range map[string]string{
		"all":           "truncate series, profile, measurement, gap, registration restart identity",
		"all but first": "truncate measurement, gap, registration; delete from series where id > 5; delete from profile where id > 5; alter sequence series_id_seq restart with 6; alter sequence profile_id_seq restart with 6",
	} {
		for writer, theirs := range map[string]bool{"by another": true, "by itself": false} {
			t.Run(name+", "+writer, func(t *testing.T) {
				db := servers.Database(t)
				s := open(t, db.BouncerURL)
				save(t, s, batch(0, 10)...)
				servers.Psql(t, db.OwnerURL, lost)
				other := s
				if theirs {
					other = open(t, db.URL)
				}
				// The last keeps its number, and those before it do not.
				for _, n := range []int{8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 20} {
					save(t, other, probed(n))
				}
				save(t, s, batch(0, 30)...)
				const right = `select count(*), count(*) filter (where url = 'https://' || monitor || '.example/health' and started - scheduled = interval '1004 us'
					and extract(microseconds from scheduled)::int / 30000 % 1000 = right(monitor, 4)::int) from measurements`
				if got := servers.Psql(t, db.AdminURL, right); got != "30|30" {
					t.Errorf("rows, and those that are right, are %s", got)
				}
			})
		}
	}
}
