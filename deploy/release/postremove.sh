#!/bin/sh
# Settings and state stay, but for Debian's purge.
set -e
if [ "$1" = purge ]; then
	rm -rf /var/lib/private/monitorink /var/lib/monitorink /etc/monitorink
fi
[ ! -d /run/systemd/system ] || systemctl daemon-reload
