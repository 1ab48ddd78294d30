// Command collector is the pinned baseline between Kafka and Postgres: what a
// competent programmer writes in an afternoon with the same libraries. It is
// changed only together with all figures that were taken against it.
//
// A sarama consumer group with our configuration; encoding/json into a struct;
// for each partition batches of 5,000 or 100 ms; COPY into a temporary table and
// INSERT … SELECT … ON CONFLICT DO NOTHING into the real one, in one transaction
// on a connection of pgx's pool; then the offsets are marked and committed.
// It knows measurements only, has no dead letters, and ends at the first error.
//
// The load in bench/collector runs it beside the real collector.
package main
