#!/usr/bin/env bash
# The real Flyway over flyway/: its image where a Docker engine answers, otherwise
# its command line from Maven Central.
#   flyway.sh migrate | info | validate | repair | … [ARGUMENT...]
#   flyway.sh fetch    only fetches the command line
#   flyway.sh pin      writes new migrations down in flyway/checksums.txt; from then
#                      on a test fails when one is edited
#
# FLYWAY_URL (jdbc:postgresql://…), FLYWAY_USER and FLYWAY_PASSWORD say where, and as
# whom; without them it is the database of `make run-infra`, as monitorink_owner.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

jars=$INFRA_DIR/jars/flyway
export FLYWAY_USER=${FLYWAY_USER:-monitorink_owner} REDGATE_DISABLE_TELEMETRY=true

image() {
	local where=()
	[ -z "${FLYWAY_URL:-}" ] || where=(--no-deps -e FLYWAY_URL -e FLYWAY_USER -e FLYWAY_PASSWORD)
	docker compose -f "$root/docker-compose.yml" run --rm "${where[@]}" flyway "$@" -skipCheckForUpdate
}

command_line() {
	jars "$here/flyway/pom.xml" "$jars"
	export FLYWAY_URL=${FLYWAY_URL:-jdbc:postgresql://127.0.0.1:$POSTGRES_PORT/monitorink}
	(cd "$root/flyway" && java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$jars/*" org.flywaydb.commandline.Main \
		-skipCheckForUpdate -configFiles=flyway.conf "$@")
}

pin() {
	local file
	cd "$root/flyway"
	for file in sql/V*.sql; do
		grep -q " \*$file\$" checksums.txt || openssl dgst -sha256 -r "$file" >>checksums.txt
	done
}

# flyway runs it where the database can be reached from: a container cannot reach
# this machine's loopback.
flyway() {
	case $INFRA:${FLYWAY_URL:-} in
	test:* | *//localhost* | *//127.*) command_line "$@" ;;
	*) if ! "$here/postgres.sh" status && engine; then image "$@"; else command_line "$@"; fi ;;
	esac
}

# migrate looks at what it did: Flyway 11.20.3 ends with 0 when a migration fails,
# and only its JSON form knows the reason.
migrate() {
	flyway migrate "$@"
	flyway validate -q "$@" >/dev/null 2>&1 && return
	flyway migrate -outputType=json "$@" | sed -n 's/\\"/"/g; s/^  "exception" : "\(.*\)",$/\1\\n/p' | while IFS= read -r reason; do printf '%b' "$reason"; done >&2
	die "the database is not migrated"
}

case ${1:-} in
'' | -h | --help) usage ;;
fetch) jars "$here/flyway/pom.xml" "$jars" ;;
pin) pin ;;
migrate) migrate "${@:2}" ;;
*) flyway "$@" ;;
esac
