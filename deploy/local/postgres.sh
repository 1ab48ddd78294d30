#!/usr/bin/env bash
# One Postgres server on loopback, from the machine's own package.
#   postgres.sh start | stop | kill | status | destroy
#   postgres.sh psql ARGUMENT...    opens it as the superuser
# Its roles are those of deploy/postgres/roles.sql.
#
# INFRA=dev   POSTGRES_PORT (5432). Who reaches 127.0.0.1 logs in as any role
#             without a password: so that nothing has to be set. Not for a machine
#             that is shared with people who may not read the data.
# INFRA=test  POSTGRES_PORT (15432) with TLS and passwords (the role's name and
#             -secret); the role monitorink_cert, a collector, logs in by client.crt.
#             pgbouncer in transaction mode on PGBOUNCER_PORT (16432).
# Postgres refuses root, so for root it runs as the user postgres.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

bin=${POSTGRES_BIN:-$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)}
: "${bin:=$(dirname "$(command -v initdb || echo nowhere/initdb)")}"

# server runs a command as who owns the server, from a folder that it can enter.
server() {
	if [ "$(id -u)" != 0 ]; then (cd / && "$@"); else (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); fi
}

dir=$state/postgres
if [ "$(id -u)" = 0 ] && ! server test -x "$state"; then
	dir=/var/lib/monitorink-$(cksum <<<"$state" | cut -d' ' -f1) # the user postgres cannot pass above .infra
fi
data=$dir/data
log=$dir/log

running() { server "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }
psql() { PGPASSWORD=postgres-secret "$bin/psql" -X -q -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres "$@"; }

settings() {
	cat <<-E
		listen_addresses = '127.0.0.1'
		port = $POSTGRES_PORT
		unix_socket_directories = ''
		timezone = 'UTC'
		log_timezone = 'UTC'
		max_wal_size = '4GB'
	E
	[ "$INFRA" = dev ] || cat <<-E
		ssl = on
		ssl_cert_file = '$dir/server.crt'
		ssl_key_file = '$dir/server.key'
		ssl_ca_file = '$dir/ca.crt'
		max_connections = 200
		fsync = off # tests end the server, not the machine
	E
}

access() {
	case $INFRA in
	dev) echo 'host all all 127.0.0.1/32 trust' ;;
	test) cat <<-E ;;
		hostssl   all monitorink_cert 127.0.0.1/32 cert
		hostnossl all monitorink_cert 127.0.0.1/32 reject
		host      all all             127.0.0.1/32 scram-sha-256
	E
	esac
}

# init makes the data folder; it appears whole, or not at all.
init() {
	[ -d "$data" ] && return
	[ -x "$bin/initdb" ] || die 'Postgres is missing; on Debian: apt-get install postgresql'
	rm -rf "$dir"
	mkdir -p "$dir"
	[ "$INFRA" = dev ] || cp "$certs/server.crt" "$certs/server.key" "$certs/ca.crt" "$dir"
	echo postgres-secret >"$dir/password"
	[ "$(id -u)" != 0 ] || chown -R postgres: "$dir"
	server "$bin/initdb" -D "$data.part" -U postgres -A scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C.UTF-8 >"$dir/init" 2>&1 ||
		die "could not make its data folder: see $dir/init"
	access | server tee "$data.part/pg_hba.conf" >/dev/null
	mv "$data.part" "$data"
}

roles() {
	psql -d postgres -f "$root/deploy/postgres/roles.sql"
	[ "$INFRA" = dev ] || psql -d postgres <<-'E'
		alter role monitorink password 'monitorink-secret';
		alter role monitorink_owner password 'monitorink_owner-secret';
		select 'create role monitorink_cert login in role monitorink'
		where not exists (select from pg_roles where rolname = 'monitorink_cert') \gexec
	E
}

# bouncer starts pgbouncer: each role by its password, every database.
bouncer() {
	alive "$dir/bouncer.pid" && return
	local program
	program=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
	need "$program" pgbouncer
	server tee "$dir/bouncer.users" >/dev/null <<-E
		"monitorink" "monitorink-secret"
		"monitorink_owner" "monitorink_owner-secret"
		"postgres" "postgres-secret"
	E
	server tee "$dir/bouncer.ini" >/dev/null <<-E
		[databases]
		* = host=127.0.0.1 port=$POSTGRES_PORT
		[pgbouncer]
		listen_addr = 127.0.0.1
		listen_port = $PGBOUNCER_PORT
		unix_socket_dir =
		auth_type = scram-sha-256
		auth_file = $dir/bouncer.users
		pool_mode = transaction
		max_client_conn = 200
		default_pool_size = 20
		ignore_startup_parameters = extra_float_digits
		logfile = $dir/bouncer.log
		pidfile = $dir/bouncer.pid
	E
	server "$program" -q -d "$dir/bouncer.ini" || die "pgbouncer did not start: see $dir/bouncer.log"
}

start() {
	if ! running; then
		must_be_free "$POSTGRES_PORT" POSTGRES_PORT MONITORINK_POSTGRES_URL=postgres://monitorink@127.0.0.1:PORT/monitorink
		[ "$INFRA" = dev ] || "$here/certs.sh"
		init
		settings | server tee "$data/postgresql.auto.conf" >/dev/null
		server "$bin/pg_ctl" -D "$data" -l "$log" -w -t 60 start >/dev/null || die "did not start: see $log"
		say "Postgres $(psql -d postgres -Atc 'show server_version') on 127.0.0.1:$POSTGRES_PORT"
	fi
	roles
	[ "$INFRA" = dev ] || bouncer
}

stop() { # MODE
	running || return 0
	server "$bin/pg_ctl" -D "$data" -m "$1" -w stop >/dev/null
}

case ${1:-} in
start) start ;;
stop) end "$dir/bouncer.pid" && stop fast ;;
kill) stop immediate ;;
status) running ;;
psql) shift && psql "$@" ;;
destroy) end "$dir/bouncer.pid" && stop immediate && rm -rf "$dir" ;;
*) usage ;;
esac
