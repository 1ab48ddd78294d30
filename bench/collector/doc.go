// Command collector measures the way from Kafka to Postgres: the collector as it
// is shipped, in a process of its own, beside the pinned baseline in
// bench/baseline/collector.
//
//	make run-infra migrate
//	go run ./bench/collector
//
// A topic of 12 partitions is filled once. Then both sides take turns: each reads
// all of it with a new consumer group into a fresh copy of the migrated database,
// and then a second time, with another group, into the same tables, which must not
// change a single row: neither its contents nor the transaction that wrote it.
//
// Rows are counted from the first to the last as another connection sees them. A
// replay adds none, so it is counted by the collector's own metric, and by the
// offsets that the baseline commits after each batch. Every pass ends with the
// group's offsets at the end of the topic. Processor time is the whole life of the
// process, start and end included.
package main
