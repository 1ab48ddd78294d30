// Package kafka is a queue on a Kafka topic: a [Publisher] that answers nil only
// when the brokers have every event on all replicas in sync, and a
// [Subscription] of a consumer group, whose offsets move only over the finished
// prefix of each partition.
//
// Both are made at once, and connect by themselves: a daemon may start before
// its broker, and go on after it. Nothing is created silently. A topic that is
// missing is named together with the remedy, and waited for.
//
// A message that is refused goes to the dead-letter topic, with its reason and
// where it came from as headers; the offset passes it only after that.
// DESIGN.md has the reasons and the figures.
//
// # Files
//
// To publish:
//
//	publisher.go     batches, and those that are too large
//	producer.go      … through a producer that is made anew when it fails
//
// To subscribe:
//
//	subscription.go  what Next hands out and Settle takes
//	group.go         the member of a consumer group, and its sessions
//	claim.go         … a partition of it, from offset to offset
//	tracker.go       … of which the finished prefix is known
//	progress.go      … and committed
//	budget.go        how much is in flight
//	redelivery.go    what comes again
//	burial.go        what goes to the dead letters before the offset passes it
//	retention.go     what the topic dropped before it was read
//	lag.go           how far behind
//
// Dead letters:
//
//	letter.go        one, and its headers
//	deadletters.go   all of them
//	read.go          … read from end to end
//	replay.go        … and back to the topic
//
// Topics and brokers:
//
//	options.go       settings
//	config.go        … as sarama has them
//	scram.go         … SCRAM
//	admin.go         a connection that gives up in time
//	topics.go        what topics are to be, and what differs
//	apply.go         … made so
//	check.go         what a check looks at
//	wire.go          … byte by byte where a broker does not speak Kafka
//	diagnose.go      what an error means
//	trouble.go       … and what is told of it while it lasts
package kafka
