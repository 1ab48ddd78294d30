#!/bin/sh
# After an installation nothing runs yet; after an upgrade what ran goes on as the new version.
set -e
[ -d "$DPKG_ROOT/run/systemd/system" ] || exit 0
systemctl daemon-reload
# A service that waits for its clock, or ends because of a setting, does not hold the package up.
case "$1 $2" in
configure\ ?* | [2-9]*) systemctl --no-block try-restart monitorink.service monitorink-heartbeat.service monitorink-collector.service ;;
esac
