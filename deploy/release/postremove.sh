#!/bin/sh
# Settings and state stay, but for Debian's purge.
set -e
if [ "$1" = purge ]; then
	rm -rf "$DPKG_ROOT/var/lib/private/monitorink" "$DPKG_ROOT/var/lib/monitorink" "$DPKG_ROOT/etc/monitorink"
fi
[ ! -d "$DPKG_ROOT/run/systemd/system" ] || systemctl daemon-reload
