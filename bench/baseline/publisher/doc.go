// Command publisher measures what publishing to Kafka costs, against the pinned
// bare asynchronous producer of sarama with the same configuration: every replica
// acknowledges, and each message is written once.
//
//	make run-infra
//	go run ./bench/baseline/publisher
//
// Both sides take turns within one run, each into a topic of its own with 12
// partitions. Ours is driven as the forwarder drives it: four batches of 1,000 at
// the same time, each waiting until all of it is acknowledged.
package main
