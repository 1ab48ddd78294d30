package daemon

import (
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
