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
	if [ "$how" = compose ]; then
		compose up --detach --wait kafka postgres
	else
		"$here/kafka.sh" start
		"$here/postgres.sh" start
	fi
	MONITORINK_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT "$root/bin/heartbeat" topics apply
	say 'next: make migrate'
	[ "$KAFKA_PORT" = 9092 ] || say "set MONITORINK_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT"
	[ "$POSTGRES_PORT" = 5432 ] || say "set MONITORINK_POSTGRES_URL=postgres://monitorink@127.0.0.1:$POSTGRES_PORT/monitorink"
}

stop() { # what Compose is told
	if [ "$(cat "$by" 2>/dev/null)" = compose ]; then compose "$@"; fi
	"$here/kafka.sh" stop
	"$here/postgres.sh" stop
	rm -f "$by"
}

case ${1:-} in
start) start ;;
stop) stop stop ;;
destroy) stop down --volumes && "$here/kafka.sh" destroy && "$here/postgres.sh" destroy ;;
*) usage ;;
esac
