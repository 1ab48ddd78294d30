package metrics

import (
	"github.com/monitorink/monitorink/monitor/forwarder"
	"github.com/monitorink/monitorink/queue/kafka"
	"github.com/monitorink/monitorink/store/postgres"
)

// Forwarder adds the figures of the way from the spool to the topic.
func (r *Registry) Forwarder(stats func() forwarder.Stats) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		emit.counter("forwarded_total", "Events that the topic has.", float64(s.Forwarded))
		emit.counter("forward_refused_total", "Events too large for the topic, set aside among the spool's dead letters.", float64(s.Refused))
		emit.counter("forward_errors_total", "Tries to publish a batch that failed.", float64(s.Errors))
		emit.gauge("forward_failing", "1 while the topic does not take events.", b2f(s.Failing != nil))
		stages(emit, "forwarder", s.Stages)
	}))
}

// Subscription adds the figures of a consumer group's member.
func (r *Registry) Subscription(stats func() kafka.SubscriptionStats) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		emit.gauge("kafka_partitions", "Partitions that the consumer group gives to this member.", float64(s.Partitions))
		emit.gauge("kafka_partitions_paused", "Of these, those that are not read, because as much as may be in flight waits for the store.", float64(s.Paused))
		emit.gauge("kafka_lag", "Messages of these partitions that the store does not have, asked for every 5 s.", float64(s.Lag))
		emit.counter("kafka_rebalances_total", "Times that the group has shared its partitions.", float64(s.Rebalances))
		emit.gauge("kafka_in_flight", "Messages that are held: handed out, or waiting to be.", float64(s.InFlight))
		emit.gauge("kafka_in_flight_bytes", "Their size, about.", float64(s.Bytes))
		emit.counter("kafka_dead_letters_total", "Messages that are safe in the dead-letter topic.", float64(s.DeadLetters))
		emit.gauge("kafka_dead_letters_waiting", "Refused messages that are not safe there yet; their partitions' offsets wait.", float64(s.Waiting))
		emit.counter("kafka_skipped_total", "Messages that the topic's retention deleted before they were collected.", float64(s.Skipped))
		emit.gauge("kafka_failing", "1 while there is no broker, no topic, or no way to either.", b2f(s.Err != nil))
	}))
}

// Postgres adds the figures of the database.
func (r *Registry) Postgres(stats func() postgres.Stats) {
	r.reg.MustRegister(source(func(emit emit) {
		s := stats()
		emit.counter("postgres_batches_total", "Batches saved, by the path they took: copied as they came, or joined with what was there.", float64(s.Copied), "path", "copy")
		emit.counter("postgres_batches_total", "Batches saved, by the path they took: copied as they came, or joined with what was there.", float64(s.Joined), "path", "join")
		emit.counter("postgres_rows_total", "Rows that are new.", float64(s.Rows))
		emit.counter("postgres_replaced_total", "Rows that gave way to what stays in their place.", float64(s.Replaced))
		emit.counter("postgres_duplicates_total", "Events that changed nothing.", float64(s.Duplicates))
		emit.counter("postgres_expired_total", "Events past MONITORINK_RETENTION, which are not kept.", float64(s.Expired))
		emit.counter("postgres_refused_total", "Events that the database cannot hold.", float64(s.Refused))
		emit.counter("postgres_rolled_buckets_total", "Buckets of a minute, an hour or a day that were written.", float64(s.Rolled))
		emit.counter("postgres_partitions_total", "Days that a save made a partition for.", float64(s.Partitions))
	}))
}
