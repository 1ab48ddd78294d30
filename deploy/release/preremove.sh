#!/bin/sh
# Before the package goes, not before an upgrade: Debian says remove, Red Hat 0.
set -e
case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac
[ -d "$DPKG_ROOT/run/systemd/system" ] || exit 0
systemctl disable --now monitorink.service monitorink-heartbeat.service monitorink-collector.service
