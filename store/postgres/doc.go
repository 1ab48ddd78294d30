// Package postgres is the store in PostgreSQL 14 or later, over the schema of
// flyway/sql.
//
// Save is a join, and optimistic: a batch is sorted by its keys and copied as it
// is. Only when the database has some of it already are the batch's places looked
// up first: what is missing is copied, and of two measurements of one place the
// right one stays. A replay reads, and writes nothing.
//
// A row holds what is particular to a measurement; what many have in common stands
// once in the table profile, and what is not plain in the column detail. Nothing
// of an event is lost, but for a text with a NUL, which the database cannot hold
// and Save refuses.
//
// Every session is one that pgbouncer may share in transaction mode: no named
// statements, no session's settings, no temporary tables, locks that end with
// their transaction.
//
// # Files
//
// To save:
//
//	save.go              a batch on its way: steps, partitions, bisected round what is refused
//	measurements.go      its measurements, copied as they are where none is there yet
//	join.go              … and otherwise looked up first
//	contest.go           … and of two in one place the right one stays
//	gaps.go              its gaps
//	registrations.go     its registrations
//	row.go, detail.go    a measurement as columns, and what of it is not plain
//	encode.go, params.go … in the binary form of COPY, and of parameters
//	resolve.go, ids.go   the numbers of series and profiles, and those that are remembered
//	verify.go            … held against a database that may be another one by now
//	mark.go              what each write tells readers and rollups
//
// To read:
//
//	read.go              one snapshot for all that a method asks
//	monitors.go          Monitor, Monitors
//	lists.go, scan.go    Measurements, Gaps, Registrations, and rows as events
//	cursor.go            … by pages, and within the time that there is
//	incidents.go         Incidents
//	series.go            Series, Strips
//	summary.go, tally.go Summary, by buckets where these are exact and by rows elsewhere
//	changes.go, lag.go   Changes, Lag
//
// To roll up and keep house:
//
//	roll.go              what is due: minutes of rows
//	rollcoarse.go        … hours and days of shorter ones
//	rollparts.go         … in partitions that are known to be there
//	raw.go, bucket.go    rows and buckets, as rollups read and write them
//	backfill.go          days from before there were rollups
//	maintain.go          partitions ahead
//	expire.go            … and those past their retention
//
// What goes wrong:
//
//	store.go, url.go     options, and a URL that is wrong
//	check.go, schema.go  what a start and a check look at
//	classify.go          whether Save waits, looks again, or bisects
//	diagnose.go          what an error means to a person
//	sqlstate.go          … by what the server calls it
package postgres
