#!/usr/bin/env bash
# The servers that tests with the tag integration talk to: Kafka, Postgres,
# pgbouncer and Flyway, on ports and in a folder of their own (see lib.sh).
#   test-servers.sh start | stop | destroy | status
#   eval "$(test-servers.sh env)"    tells the tests of this shell where they are
# A second set beside the first: INFRA_DIR=/tmp/two KAFKA_PORT=29092
# POSTGRES_PORT=25432 PGBOUNCER_PORT=26432 before each.
set -euo pipefail
export INFRA=test
. "$(dirname "$0")/lib.sh"

start() {
	"$here/certs.sh"
	"$here/kafka.sh" start &
	local kafka=$! failed=
	"$here/postgres.sh" start || failed=1
	"$here/flyway.sh" fetch || failed=1
	wait $kafka || failed=1
	[ -z "$failed" ] || exit 1
	# What package internal/servers passes to these scripts.
	for name in INFRA INFRA_DIR KAFKA_PORT POSTGRES_PORT PGBOUNCER_PORT KAFKA_VERSION; do
		echo "$name=${!name:-}"
	done >"$state/servers"
}

case ${1:-} in
start) start ;;
stop) "$here/kafka.sh" stop && "$here/postgres.sh" stop ;;
destroy) "$here/kafka.sh" destroy && "$here/postgres.sh" destroy && rm -rf "$state" ;;
status) "$here/kafka.sh" status && "$here/postgres.sh" status ;;
env) echo "export MONITORINK_TEST_SERVERS='$state'" ;;
*) usage ;;
esac
