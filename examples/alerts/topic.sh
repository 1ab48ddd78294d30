#!/usr/bin/env bash
# Loads what a topic holds now into a database of Postgres, by kcat and psql. Again and
# again, if need be: what is there stays as it is.
#   topic.sh BROKERS TOPIC DATABASE       topic.sh 127.0.0.1:9092 monitorink.events postgres:///analysis
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }

psql -Xqf "$(dirname "$0")/topic.sql" -d "$3"
# Each message comes as a line of JSON, which has no byte 1 or 2: the line is the one column of a row.
kcat -q -b "$1" -t "$2" -C -o beginning -e -J | psql -Xq -v ON_ERROR_STOP=1 -d "$3" \
	-c 'create temporary table line (message jsonb)' \
	-c "copy line from stdin with (format csv, delimiter e'\x02', quote e'\x01')" \
	-c "insert into topic.message select (message ->> 'partition')::int, (message ->> 'offset')::bigint, message ->> 'payload' from line on conflict do nothing"
