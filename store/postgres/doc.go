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
package postgres
