#!/usr/bin/env bash
# make run-infra and make stop-infra: Kafka, with the topics, and Postgres, for a
# person. By docker-compose.yml where a Docker engine answers, otherwise by the
# scripts of this folder. Twice is harmless; what they hold stays when they stop.
#   infra.sh start | stop
#   infra.sh destroy    also removes what they hold
# INFRA_BY=scripts takes the scripts though there is Docker.
set -euo pipefail
export INFRA=dev
. "$(dirname "$0")/lib.sh"
by=$state/by # compose or scripts: what was started

compose() { docker compose -f "$root/docker-compose.yml" "$@"; }

start() {
	local how=${INFRA_BY:-}
	[ -n "$how" ] || how=$(cat "$by" 2>/dev/null || { engine && echo compose; } || echo scripts)
	echo "$how" >"$by"
	if ! stays "$KAFKA_PORT" "$POSTGRES_PORT" && { "$here/kafka.sh" status || "$here/postgres.sh" status; }; then
		die "the servers run on other ports ($(cat "$state/ports")): make stop-infra first"
	fi
	echo "$KAFKA_PORT $POSTGRES_PORT" >"$state/ports"
	if [ "$how" = compose ]; then
		compose up --detach --wait kafka postgres
	else
		"$here/kafka.sh" start
		"$here/postgres.sh" start
	fi
	MONITORINK_QUEUE=kafka MONITORINK_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT "$root/bin/heartbeat" topics apply
	[ "$KAFKA_PORT" = 9092 ] || say "export MONITORINK_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT"
	[ "$POSTGRES_PORT" = 5432 ] || say "export MONITORINK_POSTGRES_URL=postgres://monitorink@127.0.0.1:$POSTGRES_PORT/monitorink"
	say 'next, unless it is done: make migrate'
}

# stays tells whether the ports are those of before.
stays() { [ "$*" = "$(cat "$state/ports" 2>/dev/null)" ]; }

stop() { # what Compose is told
	if [ "$(cat "$by" 2>/dev/null)" = compose ]; then compose "$@"; fi
	"$here/kafka.sh" stop
	"$here/postgres.sh" stop
	rm -f "$by"
}

case ${1:-} in
start) start ;;
stop) stop stop && say 'stopped; what they hold stays (deploy/local/infra.sh destroy removes it)' ;;
destroy)
	stop down --volumes
	"$here/kafka.sh" destroy
	"$here/postgres.sh" destroy
	rm -f "$state/ports"
	say 'the servers and what they held are gone'
	;;
*) usage ;;
esac
