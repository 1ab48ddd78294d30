#!/usr/bin/env bash
# Installs what the local servers and their tests need and is missing here: a Java
# runtime, Maven, Postgres, pgbouncer, kcat, openssl and Python. On Debian and its like, as
# root or by sudo without a password; elsewhere it says what to install.
#   install.sh            installs
#   install.sh missing    only lists the packages; ends with 1 when there are any
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# At most 17 is needed: what is in PATH and older does not run Kafka 4.
java_serves() { java -version 2>&1 | grep -qE 'version "(1[7-9]|[2-9][0-9])'; }
has() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }

packages=()
java_serves || packages+=(default-jre-headless)
has mvn || packages+=(maven)
has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
has pgbouncer || packages+=(pgbouncer)
has kcat || packages+=(kcat)
has openssl || packages+=(openssl)
python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv) # for examples/alerts

if [ "${1:-}" = missing ]; then
	echo "${packages[*]}"
	[ ${#packages[@]} -eq 0 ]
	exit
fi
[ ${#packages[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" != 0 ]; then sudo=(sudo -n); fi
if ! command -v apt-get >/dev/null || ! "${sudo[@]}" true 2>/dev/null; then
	die "install these first: ${packages[*]} (Debian's names)"
fi

# Debian starts a Postgres of its own on 5432, unless it is told not to beforehand;
# and a pgbouncer, unless nothing may be started.
if [[ " ${packages[*]} " == *' postgresql '* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
	"${sudo[@]}" mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
say "installing ${packages[*]}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	-o Dpkg::Options::=--force-confold "${packages[@]}" >/dev/null
