# Every variable of Monitorink, with its default. Edit what you need, then:
#   . ./env.sh
# What is set already stays as it is. Written by "go generate ./cmd/internal/config".

# memory (gone with the process) | disk (heartbeat's spool, lossless) | kafka (a topic, fed from the spool)
export MONITORINK_QUEUE="${MONITORINK_QUEUE:-memory}"

# memory (gone with the process) | postgres (migrated by flyway)
export MONITORINK_STORE="${MONITORINK_STORE:-memory}"

# where a collector of its own finds heartbeat's queue, when that is memory or disk
export MONITORINK_QUEUE_URL="${MONITORINK_QUEUE_URL:-http://127.0.0.1:8081}"

# opens everything: what heartbeat and collector prove themselves with, and people sign in with; required as soon as an address is not loopback
# A secret: give it here, or in a file that MONITORINK_TOKEN_FILE names.
# export MONITORINK_TOKEN=''

# a second token, which opens the page, the API and the metrics to look, and changes nothing
# A secret: give it here, or in a file that MONITORINK_READ_TOKEN_FILE names.
# export MONITORINK_READ_TOKEN=''

# without a token: comma-separated names, beside localhost, that a listener answers to; any other in a Host header is refused
# export MONITORINK_HOSTS=''

# a YAML file of monitors, or a folder of such files
export MONITORINK_MONITORS="${MONITORINK_MONITORS:-monitors.yaml}"

# comma-separated URLs to watch, in place of a file
# export MONITORINK_URLS=''

# which part of the monitors is this heartbeat's, when several at one location share them: 1/3, 2/3, 3/3; empty: all
# export MONITORINK_SHARD=''

# when to probe monitors that say nothing: @every and a duration, or five cron fields in UTC
export MONITORINK_SCHEDULE="${MONITORINK_SCHEDULE:-@every 10s}"

# how long a probe may take, for monitors that say nothing; never longer than the interval
export MONITORINK_TIMEOUT="${MONITORINK_TIMEOUT:-5s}"

# where this heartbeat probes from; the host name at first, then what was persisted
# export MONITORINK_LOCATION=''

# the name of this process in events; the host name when empty
# export MONITORINK_INSTANCE=''

# the folder of the spool, the persisted definitions and the lock
export MONITORINK_DATA_DIR="${MONITORINK_DATA_DIR:-.monitorink}"

# the most that the spool takes of the disk
export MONITORINK_SPOOL_SIZE="${MONITORINK_SPOOL_SIZE:-1GiB}"

# probes at once; 0: from the machine
export MONITORINK_IN_FLIGHT="${MONITORINK_IN_FLIGHT:-0}"

# bytes of response bodies held at once; one body takes 1MiB at most
export MONITORINK_BODY_BUDGET="${MONITORINK_BODY_BUDGET:-64MiB}"

# how long a drain may take
export MONITORINK_GRACE="${MONITORINK_GRACE:-30s}"

# what probes may not connect to: addresses, networks such as 10.0.0.0/8, and the presets metadata (of clouds; always denied), private, loopback, all
export MONITORINK_DENY="${MONITORINK_DENY:-metadata}"

# exceptions from MONITORINK_DENY, in the same form; the most specific entry decides
# export MONITORINK_ALLOW=''

# probes at once toward one host; 0: any number
export MONITORINK_HOST_IN_FLIGHT="${MONITORINK_HOST_IN_FLIGHT:-0}"

# probes in a second toward one host, such as 5 or 0.5; 0: any number
export MONITORINK_HOST_RATE="${MONITORINK_HOST_RATE:-0}"

# how long a result waits for others to share its way to the disk; 0s: not at all
export MONITORINK_LINGER="${MONITORINK_LINGER:-50ms}"

# how long collector lets an event wait for others to share its transaction; 0s: not at all
export MONITORINK_BATCH_WAIT="${MONITORINK_BATCH_WAIT:-100ms}"

# comma-separated host:port
export MONITORINK_KAFKA_BROKERS="${MONITORINK_KAFKA_BROKERS:-127.0.0.1:9092}"

# the topic of events
export MONITORINK_KAFKA_TOPIC="${MONITORINK_KAFKA_TOPIC:-monitorink.events}"

# the collectors' consumer group
export MONITORINK_KAFKA_GROUP="${MONITORINK_KAFKA_GROUP:-monitorink-collector}"

# the topic of dead letters
export MONITORINK_KAFKA_DLQ_TOPIC="${MONITORINK_KAFKA_DLQ_TOPIC:-monitorink.dlq}"

# on | off
export MONITORINK_KAFKA_TLS="${MONITORINK_KAFKA_TLS:-off}"

# PEM of the authority that signs the brokers; the system's when empty
# export MONITORINK_KAFKA_CA_FILE=''

# PEM of the client's certificate
# export MONITORINK_KAFKA_CERT_FILE=''

# PEM of the client's key
# export MONITORINK_KAFKA_KEY_FILE=''

# off | plain | scram-sha-256 | scram-sha-512
export MONITORINK_KAFKA_SASL="${MONITORINK_KAFKA_SASL:-off}"

# of SASL
# A secret: give it here, or in a file that MONITORINK_KAFKA_USERNAME_FILE names.
# export MONITORINK_KAFKA_USERNAME=''

# of SASL
# A secret: give it here, or in a file that MONITORINK_KAFKA_PASSWORD_FILE names.
# export MONITORINK_KAFKA_PASSWORD=''

# a libpq URL, sslmode and all
# A secret: give it here, or in a file that MONITORINK_POSTGRES_URL_FILE names.
# export MONITORINK_POSTGRES_URL='postgres://monitorink@127.0.0.1:5432/monitorink'

# off, or the age at which rows are dropped: at least the topic's retention and the spool's age together
export MONITORINK_RETENTION="${MONITORINK_RETENTION:-off}"

# off, or the age at which rollups by the hour are dropped, by whole months; at least MONITORINK_RETENTION
export MONITORINK_RETENTION_HOURS="${MONITORINK_RETENTION_HOURS:-off}"

# off, or the age at which rollups by the day are dropped, by whole years
export MONITORINK_RETENTION_DAYS="${MONITORINK_RETENTION_DAYS:-off}"

# where heartbeat listens for HTTP
export MONITORINK_HEARTBEAT_ADDR="${MONITORINK_HEARTBEAT_ADDR:-127.0.0.1:8081}"

# where collector, or both in one process, listen for HTTP: API and page
export MONITORINK_COLLECTOR_ADDR="${MONITORINK_COLLECTOR_ADDR:-127.0.0.1:8080}"

# turns on the public page /status and public badges, for monitors with these labels: key:value, several with commas between them (of one key any, of different keys all)
# export MONITORINK_STATUS_LABELS=''

# the title of the public page
export MONITORINK_STATUS_TITLE="${MONITORINK_STATUS_TITLE:-Status}"

# off, or a loopback host:port where Go's pprof listens, such as 127.0.0.1:6060
export MONITORINK_PPROF_ADDR="${MONITORINK_PPROF_ADDR:-off}"

# monitors that collector's /metrics has series of, the first by their ids; 0: none; each takes five series
export MONITORINK_METRICS_MONITORS="${MONITORINK_METRICS_MONITORS:-0}"

# debug | info | warn | error
export MONITORINK_LOG_LEVEL="${MONITORINK_LOG_LEVEL:-info}"

# text | json
export MONITORINK_LOG_FORMAT="${MONITORINK_LOG_FORMAT:-text}"
