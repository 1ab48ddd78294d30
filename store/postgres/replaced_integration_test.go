//go:build integration

package postgres_test

import (
	"testing"

	"github.com/monitorink/monitorink/data"
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
			t.Run(name+", "+writer, func(t *testing.T) { noticesAnother(t, lost, theirs, probed) })
			t.Run(name+", "+writer+", one profile", func(t *testing.T) {
				noticesAnother(t, lost, theirs, func(n int) *data.Measurement {
					m := probed(n)
					m.URL = "https://one.example/"
					return m
				})
			})
		}
	}
}

// noticesAnother saves what asked makes, loses, and has the numbers given anew.
func noticesAnother(t *testing.T, lost string, byAnother bool, asked func(int) *data.Measurement) {
	db := servers.Database(t)
	s := open(t, db.BouncerURL)
	for n := range 10 {
		save(t, s, asked(n))
	}
	servers.Psql(t, db.OwnerURL, lost)
	other := s
	if byAnother {
		other = open(t, db.URL)
	}
	// The tenth keeps its number in series, and those before it do not.
	for _, n := range []int{8, 7, 6, 5, 4, 3, 2, 1, 0, 9, 20} {
		save(t, other, asked(n))
	}
	var events []data.Event
	for n := range 30 {
		events = append(events, asked(n))
	}
	save(t, s, events...)
	const right = `select count(*), count(*) filter (where url in ('https://' || monitor || '.example/health', 'https://one.example/') and started - scheduled = interval '1004 us'
		and extract(microseconds from scheduled)::int / 30000 % 1000 = right(monitor, 4)::int) from measurements`
	if got := servers.Psql(t, db.AdminURL, right); got != "30|30" {
		t.Errorf("rows, and those that are right, are %s", got)
	}
}
