package daemon

import (
	"context"
	"log/slog"

	"github.com/monitorink/monitorink/cmd/internal/config"
	"github.com/monitorink/monitorink/queue/kafka"
)

// KafkaOptions are the options that cfg gives for Kafka.
func KafkaOptions(cfg *config.Config, log *slog.Logger) kafka.Options {
	k := &cfg.Kafka
	return kafka.Options{
		Brokers: k.Brokers, Topic: k.Topic, Group: k.Group, DeadLetterTopic: k.DLQTopic,
		TLS: k.TLS, CAFile: k.CAFile, CertFile: k.CertFile, KeyFile: k.KeyFile,
		SASL: k.SASL, Username: k.Username, Password: k.Password,
		Logger: log,
	}
}

// inspect looks once at what role needs of Kafka, and logs what is missing or not as
// it should be. The daemons mend none of it.
func inspect(ctx context.Context, cfg *config.Config, role kafka.Role, log *slog.Logger) {
	kafka.Check(ctx, KafkaOptions(cfg, nil), role, func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			log.Warn("Kafka is not as it should be", "what", what, "error", err)
		}
	})
}
