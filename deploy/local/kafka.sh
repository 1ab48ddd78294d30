#!/usr/bin/env bash
# One Kafka broker (KRaft, no ZooKeeper) on loopback, from Maven Central.
#   kafka.sh fetch | start | stop | kill | status | destroy
#   kafka.sh topics | groups | configs | acls | produce | consume ARGUMENT...
# The second line runs Kafka's own tools against that broker.
#
# INFRA=dev   plaintext on KAFKA_PORT (9092); the port above it is the controller's.
# INFRA=test  plaintext on KAFKA_PORT (19092); two above, SASL_SSL with PLAIN,
#             SCRAM-SHA-256 and SCRAM-SHA-512 for the users monitorink and powerless
#             (password: the name and -secret; powerless may do nothing); three
#             above, mutual TLS. Only monitorink, client.crt and plaintext have rights.
#             KAFKA_PROXY_PORT=N adds a plaintext listener four above, whose clients
#             are told to come back to N: where a proxy of a test listens.
# KAFKA_VERSION=3.9.1 takes another version, KAFKA_HEAP=512m gives it more memory.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=${KAFKA_VERSION:-4.3.1}
dir=$state/kafka
jars=$INFRA_DIR/jars/kafka-$version
pidfile=$dir/pid
log=$dir/log

fetch() {
	local old=()
	[[ $version != 3.* ]] || old=(-Dold)
	jars "$here/kafka/pom.xml" "$jars" -Dkafka="$version" "${old[@]}"
}

# kafka runs one of Kafka's programs. The fast compiler alone starts it in half the time.
kafka() { # HEAP CLASS ARGUMENT...
	local heap=$1
	shift
	exec java -Xmx"$heap" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlevel="${KAFKA_LOG:-warn}" \
		-Dlog4j2.configurationFile="$here/kafka/log4j2.properties" -Dlog4j.configuration="file:$here/kafka/log4j.properties" \
		-cp "$jars/*" "$@"
}

settings() {
	local c=$KAFKA_PORT proxied='' advertised=''
	if [ -n "${KAFKA_PROXY_PORT:-}" ]; then
		proxied=,PROXIED://127.0.0.1:$((c + 4)) advertised=,PROXIED://127.0.0.1:$KAFKA_PROXY_PORT
	fi
	cat <<-E
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$((c + 1))
		controller.listener.names=CONTROLLER
		inter.broker.listener.name=PLAIN
		listener.security.protocol.map=PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL,PROXIED:PLAINTEXT
		log.dirs=$dir/data
		auto.create.topics.enable=false
		offsets.topic.num.partitions=4
		offsets.topic.replication.factor=1
		transaction.state.log.num.partitions=4
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		group.initial.rebalance.delay.ms=0
		log.cleaner.dedupe.buffer.size=8388608
		broker.heartbeat.interval.ms=1000
		broker.session.timeout.ms=4000
	E
	case $INFRA in
	dev) cat <<-E ;;
		listeners=PLAIN://127.0.0.1:$c,CONTROLLER://127.0.0.1:$((c + 1))
		advertised.listeners=PLAIN://127.0.0.1:$c
	E
	test) cat <<-E ;;
		listeners=PLAIN://127.0.0.1:$c,CONTROLLER://127.0.0.1:$((c + 1)),SASL://127.0.0.1:$((c + 2)),MTLS://127.0.0.1:$((c + 3))$proxied
		advertised.listeners=PLAIN://127.0.0.1:$c,SASL://localhost:$((c + 2)),MTLS://localhost:$((c + 3))$advertised
		ssl.keystore.type=PEM
		ssl.keystore.location=$certs/server.pem
		ssl.truststore.type=PEM
		ssl.truststore.location=$certs/ca.crt
		listener.name.mtls.ssl.client.auth=required
		listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
		listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_monitorink="monitorink-secret" user_powerless="powerless-secret";
		listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
		listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
		authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
		super.users=User:ANONYMOUS;User:monitorink;User:CN=monitorink_cert
	E
	esac
}

# format makes the data folder; the passwords of SCRAM belong to it.
format() {
	[ -f "$dir/data/meta.properties" ] && return 0
	local users=() user sha id
	if [ "$INFRA" = test ]; then
		for user in monitorink powerless; do
			for sha in 256 512; do
				users+=(--add-scram "SCRAM-SHA-$sha=[name=$user,password=$user-secret]")
			done
		done
	fi
	id=$(openssl rand -base64 16 | tr '+/' AB | tr -d '=')
	(kafka 128m kafka.tools.StorageTool format -t "$id" -c "$dir/settings" "${users[@]}") >"$log" 2>&1 || die "could not make its data folder: see $log"
}

start() {
	alive "$pidfile" && return
	fetch
	need openssl openssl
	must_be_free "$KAFKA_PORT" KAFKA_PORT MONITORINK_KAFKA_BROKERS=127.0.0.1:PORT
	[ "$INFRA" = dev ] || "$here/certs.sh"
	mkdir -p "$dir"
	settings >"$dir/settings"
	format
	(kafka "${KAFKA_HEAP:-256m}" kafka.Kafka "$dir/settings") >>"$log" 2>&1 </dev/null &
	echo $! >"$pidfile"
	local tries=900 last=$KAFKA_PORT # the listener that opens last
	[ "$INFRA" = dev ] || last=$((KAFKA_PORT + 3))
	until listening "$last"; do
		sleep 0.1
		kill -0 $! 2>/dev/null || die "did not start: see $log"
		[ $((tries--)) -gt 0 ] || die "is not ready after 90 s: see $log"
	done
	say "Kafka $version on 127.0.0.1:$KAFKA_PORT"
}

tool() { # CLASS ARGUMENT...
	local class=$1
	shift
	fetch
	KAFKA_LOG=${KAFKA_LOG:-error} kafka 256m "$class" --bootstrap-server "127.0.0.1:$KAFKA_PORT" "$@"
}

do=${1:-}
shift || true
case $do in
fetch | start) "$do" ;;
stop) end "$pidfile" ;;
kill) end "$pidfile" KILL ;;
status) alive "$pidfile" ;;
destroy) end "$pidfile" && rm -rf "$dir" ;;
topics) tool org.apache.kafka.tools.TopicCommand "$@" ;;
groups) tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "$@" ;;
configs) tool kafka.admin.ConfigCommand "$@" ;;
acls) tool "$([[ $version == 3.* ]] && echo kafka.admin || echo org.apache.kafka.tools).AclCommand" "$@" ;;
produce) tool "$([[ $version == 3.* ]] && echo kafka.tools || echo org.apache.kafka.tools).ConsoleProducer" "$@" ;;
consume) tool org.apache.kafka.tools.consumer.ConsoleConsumer "$@" ;;
*) usage ;;
esac
