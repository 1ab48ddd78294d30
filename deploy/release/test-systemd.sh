#!/usr/bin/env bash
# Installs a deb where systemd runs, and lives through what an operator does with it:
# start, look, edit, a mistake, restart, remove. For a machine that nobody needs, as root.
#
#   test-systemd.sh dist/monitorink_VERSION_linux_amd64.deb
# shellcheck disable=SC2015 # where die is the last of a list, it ends it
set -euo pipefail
deb=$(realpath "$1")
die() {
	echo "test-systemd: $*" >&2
	systemctl status --no-pager monitorink monitorink-heartbeat monitorink-collector >&2 || true
	journalctl -n 40 --no-pager -u 'monitorink*' >&2 || true
	exit 1
}
say() { echo "test-systemd: $*"; }
[ -d /run/systemd/system ] || die "no systemd runs here"
env=/etc/monitorink/monitorink.env url=http://127.0.0.1:8080

until_it() { # command...: waits for it to succeed
	for _ in $(seq 150); do
		if "$@" >/dev/null 2>&1; then return; fi
		sleep 0.2
	done
	die "in vain: $*"
}
up() { curl -fs "$url/api/v1/monitors/$1/measurements" | grep -q '"state":"up"'; }
logged() { journalctl --no-pager -u "$1" --since "$began" | grep -q "$2"; }
began=$(date '+%F %T')

dpkg -i "$deb" >/dev/null
systemctl is-active -q monitorink && die "the package starts the service by itself"

systemctl enable -q --now monitorink || die "it does not start"
until_it up monitorink
pid=$(systemctl show -p MainPID --value monitorink)
[ "$(stat -c %u "/proc/$pid")" != 0 ] || die "it runs as root"
grep -q '^CapEff:[[:space:]]*0*$' "/proc/$pid/status" || die "it has capabilities"
grep -q '^Seccomp:[[:space:]]*2$' "/proc/$pid/status" || die "no filter of system calls holds"
[ -d /var/lib/private/monitorink/spool ] || die "its spool is not in its state directory"
say "it started as user $(stat -c %u "/proc/$pid"), without capabilities, with its spool in /var/lib/monitorink"

cat >>/etc/monitorink/monitors.yaml <<-END
	  - id: second
	    url: $url/readyz
	    every: 1s
END
systemctl reload monitorink
until_it up second
[ "$(systemctl show -p MainPID --value monitorink)" = "$pid" ] || die "a reload starts it anew"
say "a reload takes a new monitor"

kill -SEGV "$pid"
until_it up second
[ "$(systemctl show -p NRestarts --value monitorink)" -ge 1 ] || die "it does not come back after a crash"
say "it comes back after a crash"

pid=$(systemctl show -p MainPID --value monitorink)
mkdir /etc/systemd/system/monitorink.service.d
printf '[Service]\nTimeoutStopSec=75s\n' >/etc/systemd/system/monitorink.service.d/override.conf
dpkg -i "$deb" >/dev/null || die "an upgrade"
another() { [ "$(systemctl show -p MainPID --value monitorink)" != "$pid" ]; }
until_it another
until_it up second
[ "$(systemctl show -p TimeoutStopUSec --value monitorink)" = '1min 15s' ] || die "what systemctl edit wrote does not outlive an upgrade"
rm -r /etc/systemd/system/monitorink.service.d
say "an upgrade starts it anew, and keeps what systemctl edit wrote"

sed -i 's/^MONITORINK_QUEUE=.*/MONITORINK_QUEUE=disc/' $env
dpkg -i "$deb" >/dev/null || die "a wrong setting breaks an upgrade"
until_it systemctl is-failed monitorink
if systemctl restart monitorink 2>/dev/null; then die "it starts with a wrong setting"; fi
[ "$(systemctl show -p ExecMainStatus --value monitorink)" = 2 ] || die "a wrong setting is not exit code 2"
[ "$(systemctl show -p ActiveState --value monitorink)" = failed ] || die "a wrong setting is tried again and again"
until_it logged monitorink 'MONITORINK_QUEUE.*disc'
say "of a wrong setting it says: $(journalctl --no-pager -o cat -u monitorink --since "$began" | grep -m1 'MONITORINK_QUEUE.*disc')"
sed -i 's/^MONITORINK_QUEUE=.*/MONITORINK_QUEUE=disk/' $env

mkdir -p /etc/systemd/system/monitorink-{heartbeat,collector}.service.d
echo 0123456789abcdef0123456789abcdef >/etc/monitorink/secrets/token
printf '[Service]\nLoadCredential=token:/etc/monitorink/secrets/token\nEnvironment=MONITORINK_TOKEN_FILE=%%d/token\n' |
	tee /etc/systemd/system/monitorink-{heartbeat,collector}.service.d/secrets.conf >/dev/null
systemctl daemon-reload
systemctl start monitorink-heartbeat monitorink-collector || die "the two do not start"
url_token() { curl -fs -H 'Authorization: Bearer 0123456789abcdef0123456789abcdef' "$url/api/v1/monitors/second/measurements" | grep -q '"state":"up"'; }
until_it url_token
if curl -fs "$url/api/v1/monitors" >/dev/null; then die "the token of the credential is not asked for"; fi
say "the two daemons run instead, with a secret that only root can read"

systemctl stop monitorink-heartbeat monitorink-collector
[ "$(systemctl show -p Result --value monitorink-heartbeat)" = success ] || die "it does not drain"
rm -r /etc/systemd/system/monitorink-{heartbeat,collector}.service.d
dpkg -P monitorink >/dev/null 2>&1 || die "a purge"
[ ! -e /var/lib/private/monitorink ] && [ ! -e /etc/monitorink ] || die "a purge leaves something"
say "it stops, and is purged"
