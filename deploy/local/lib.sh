# shellcheck shell=bash disable=SC2034
# What the scripts of this folder share; it is sourced, not run.
#
# INFRA says which servers are meant, and with it where they listen:
#   dev   for a person: Kafka on 9092, Postgres on 5432, no passwords (the default)
#   test  for `make test-integration`: Kafka on 19092, 19094, 19095, Postgres on
#         15432, pgbouncer on 16432, with TLS and every way to log in
# KAFKA_PORT, POSTGRES_PORT and PGBOUNCER_PORT choose other ports, which `make
# run-infra` remembers until the servers are destroyed; INFRA_DIR is another folder
# than .infra for everything that is written.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

export INFRA=${INFRA:-dev}
export INFRA_DIR=${INFRA_DIR:-$root/.infra}
if [ "$INFRA" = dev ] && [ -f "$INFRA_DIR/dev/ports" ]; then
	read -r kafka_port postgres_port <"$INFRA_DIR/dev/ports"
	: "${KAFKA_PORT:=$kafka_port}" "${POSTGRES_PORT:=$postgres_port}"
fi
case $INFRA in
dev) : "${KAFKA_PORT:=9092}" "${POSTGRES_PORT:=5432}" "${PGBOUNCER_PORT:=6432}" ;;
test) : "${KAFKA_PORT:=19092}" "${POSTGRES_PORT:=15432}" "${PGBOUNCER_PORT:=16432}" ;;
*) echo "INFRA=$INFRA: it is dev or test" >&2 && exit 2 ;;
esac
export KAFKA_PORT POSTGRES_PORT PGBOUNCER_PORT

mkdir -p "$INFRA_DIR/$INFRA"
INFRA_DIR=$(cd "$INFRA_DIR" && pwd)
state=$INFRA_DIR/$INFRA # data, logs and pid files
certs=$state/certs

say() { echo "${0##*/}: $*" >&2; }
die() {
	say "$@"
	exit 1
}

# usage prints the script's header comment.
usage() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# need ends the script when a program is missing, and says which package has it.
need() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null || die "$1 is missing; on Debian: apt-get install $2"
}

# listening tells whether somebody listens on a port of 127.0.0.1.
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# must_be_free ends the script when a port is taken, and says by whom and what to do.
must_be_free() { # PORT NAME-OF-THE-PORT'S-VARIABLE [WHAT-TO-SET-THEN]
	for _ in {1..20}; do # a process that was just killed may still be closing it
		listening "$1" || return 0
		sleep 0.1
	done
	local who make=run-infra other=$((20000 + $1 % 10000)) # below the ports that outgoing connections get
	[ "$other" != "$1" ] || other=$((10000 + $1 % 10000))
	who=$( (pg_lsclusters --no-header | sed -nE "s/^([^ ]+) +([^ ]+) +$1 +online.*/the cluster \1 \2 of this machine (pg_lsclusters)/p"
		ss -Hltnp "sport = :$1" | sed -nE 's/.*users:\(\("([^"]*)",pid=([0-9]*).*/\1, process \2/p'
		lsof -nP -iTCP:"$1" -sTCP:LISTEN | sed -nE 's/^([a-z][^ ]*) +([0-9]+) .*/\1, process \2/p') 2>/dev/null | head -n 1 || true)
	[ "$INFRA" = dev ] || make=test-integration
	die "port $1 is taken by ${who:-another program}. End that, or choose another port: $2=$other make $make${3:+
and then set ${3/PORT/$other}}"
}

# alive tells whether the process of a pid file runs, and is ours: its arguments name the state folder.
alive() { # PIDFILE
	local pid arguments
	pid=$(head -n 1 "$1" 2>/dev/null) && [ -n "$pid" ] || return 1
	arguments=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" || ps -o args= -p "$pid" 2>/dev/null)
	[[ $arguments == *"$state"* ]]
}

# end stops the process of a pid file, and waits until it is gone; by force after 30 s.
end() { # PIDFILE [SIGNAL]
	local tries=300 pid
	if alive "$1"; then
		pid=$(head -n 1 "$1")
		kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
		while alive "$1"; do
			sleep 0.1
			[ $((tries--)) -gt 0 ] || kill -s KILL "$pid" 2>/dev/null || true
		done
	fi
	rm -f "$1"
}

# jars lets Maven copy what a pom names into a folder, unless the folder came of the same pom.
jars() { # POM FOLDER [MAVEN ARGUMENT...]
	local pom=$1 folder=$2 from
	shift 2
	from=$(cksum "$pom" <<<"$*" | cut -d' ' -f1,2)
	[ "$(cat "$folder/.from" 2>/dev/null)" = "$from" ] && return 0
	need java default-jre-headless
	need mvn maven
	say "fetching ${folder##*/} from Maven Central"
	rm -rf "$folder" "$folder.part"
	mkdir -p "$folder.part"
	mvn -q -B -ntp -s "$here/maven.xml" -f "$pom" "$@" dependency:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$folder.part" 2>&1 |
		sed $'s/\e\\[[0-9;]*m//g' >&2 || die "Maven could not fetch what $pom names"
	echo "$from" >"$folder.part/.from"
	mv "$folder.part" "$folder"
}

# engine tells whether a Docker engine answers, and Compose is there.
engine() { docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }
