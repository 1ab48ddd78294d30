package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/monitorink/monitorink/queue/kafka"
)

// variables are those that fill the fields of kafka.Options.
var variables = map[string]string{
	"Brokers": "MONITORINK_KAFKA_BROKERS", "Topic": "MONITORINK_KAFKA_TOPIC", "Group": "MONITORINK_KAFKA_GROUP", "DeadLetterTopic": "MONITORINK_KAFKA_DLQ_TOPIC",
	"TLS": "MONITORINK_KAFKA_TLS", "CAFile": "MONITORINK_KAFKA_CA_FILE", "CertFile": "MONITORINK_KAFKA_CERT_FILE", "KeyFile": "MONITORINK_KAFKA_KEY_FILE",
	"SASL": "MONITORINK_KAFKA_SASL", "Username": "MONITORINK_KAFKA_USERNAME", "Password": "MONITORINK_KAFKA_PASSWORD",
}

// remedy is what to do about a problem, with the variables that matter.
func remedy(p *kafka.Problem) string {
	var names []string
	for _, o := range p.Options {
		names = append(names, variables[o])
	}
	if len(names) == 0 {
		return p.Remedy
	}
	return p.Remedy + " (" + strings.Join(names, ", ") + ")"
}

// withVariables says of an error from Kafka which variables matter.
func withVariables(err error) error {
	var p *kafka.Problem
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case !errors.As(err, &p):
		return err
	}
	text := strings.Replace(err.Error(), p.Error(), p.Cause+"; "+remedy(p), 1)
	return fmt.Errorf("%s", text)
}
