package rig

import (
	"cmp"
	"flag"
	"os"
	"strings"
)

// Servers say where Kafka and Postgres are.
type Servers struct {
	kafka    string
	Admin    string // URL of somebody who may make databases; its database is the template
	Postgres string // URL that the daemons use, with another database
}

// KafkaFlags adds the flags of Kafka to those of the program. The default is that
// of `make run-infra`.
func KafkaFlags() *Servers {
	s := new(Servers)
	flag.StringVar(&s.kafka, "brokers", "127.0.0.1:"+cmp.Or(os.Getenv("KAFKA_PORT"), "9092"),
		"comma-separated host:port; KAFKA_PORT changes the default")
	return s
}

// Flags adds those of Postgres as well.
func Flags() *Servers {
	s := KafkaFlags()
	at := "127.0.0.1:" + cmp.Or(os.Getenv("POSTGRES_PORT"), "5432") + "/monitorink"
	flag.StringVar(&s.Admin, "admin", "postgres://postgres@"+at,
		"URL of somebody who may make databases, and of the migrated database; POSTGRES_PORT changes the default")
	flag.StringVar(&s.Postgres, "postgres", "postgres://monitorink@"+at, "URL that the daemons use")
	return s
}

// Brokers are host:port.
func (s *Servers) Brokers() []string { return strings.Split(s.kafka, ",") }
