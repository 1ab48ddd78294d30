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
package kafka
