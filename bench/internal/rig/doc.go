// Package rig holds what the loads between Kafka and Postgres have in common: the
// events, a fresh topic, a fresh database, and a process that is measured from
// outside.
//
// Everything that it makes has a name of its own and is removed at the end, so
// that a run leaves the servers as it found them.
package rig
