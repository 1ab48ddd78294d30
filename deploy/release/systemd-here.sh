#!/usr/bin/env bash
# Starts a systemd of its own in namespaces, over a copy of this machine's files that is
# thrown away, and runs test-systemd.sh there: for machines whose first process is another.
# It takes root and touches nothing outside.
#
#   systemd-here.sh dist/monitorink_VERSION_linux_amd64.deb
#   systemd-here.sh possible      ends with 0 where the kernel lets it, otherwise says why not
set -euo pipefail

case ${1:-} in
inside) # the first process of the new namespaces becomes systemd
	dir=$2 root=$2/root
	mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	for tmp in dev run tmp; do mount -t tmpfs tmpfs "$root/$tmp"; done
	cp "$dir"/monitorink.deb "$dir"/test-systemd.sh "$root/mnt/"
	mkdir "$root"/dev/{shm,pts} "$root/old"
	for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"; done
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ip link set lo up
	# Nothing of this machine starts but the base of systemd, and no device is looked for.
	rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/monitorink* "$root/var/log/journal"
	for unit in systemd-udevd systemd-udev-trigger systemd-modules-load systemd-sysctl systemd-remount-fs systemd-tmpfiles-setup-dev; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
	done
	printf '[Unit]\nRequires=basic.target\nAfter=basic.target\n' >"$root/etc/systemd/system/test.target"
	cd "$root"
	pivot_root . old
	umount -l /old
	mount --make-rshared /
	export container=test
	exec /lib/systemd/systemd --system --unit=test.target --log-target=journal --show-status=0 <&- &>/dev/null
	;;
outside) # in a mount namespace of its own: a control group of its own, and the other namespaces
	dir=$2
	mount --make-rprivate /
	mount -t tmpfs tmpfs "$dir/tree" # so that no folder of the overlay is on one itself
	mkdir "$dir/tree"/{upper,work,root,groups}
	cp "$dir"/monitorink.deb "$dir"/test-systemd.sh "$dir/tree/"
	mount -t cgroup2 cgroup2 "$dir/tree/groups"
	mkdir "$dir/tree/groups/monitorink-test-$$"
	echo $$ >"$dir/tree/groups/monitorink-test-$$/cgroup.procs"
	unshare --cgroup --ipc --uts --net --pid --fork --kill-child --mount "$0" inside "$dir/tree" 2>"$dir/log" &
	for _ in $(seq 100); do
		pid=$(pgrep -P $! || true)
		if [ -n "$pid" ] && nsenter -t "$pid" -a systemctl is-system-running &>/dev/null; then break; fi
		sleep 0.2
	done
	[ -n "$pid" ] || { cat "$dir/log" >&2; exit 1; }
	code=0
	nsenter -t "$pid" -a bash /mnt/test-systemd.sh /mnt/monitorink.deb || code=$?
	kill -KILL "$pid" # all of its processes end with it
	wait || true
	echo $$ >"$dir/tree/groups/cgroup.procs"
	find "$dir/tree/groups/monitorink-test-$$" -depth -type d -exec rmdir {} +
	exit $code
	;;
possible)
	[ "$(id -u)" = 0 ] || { echo 'this is not root'; exit 1; }
	dir=$(mktemp -d)
	trap 'rmdir "$dir"' EXIT
	# shellcheck disable=SC2016 # the inner shell's
	unshare --cgroup --ipc --uts --net --pid --fork --mount sh -ec '
		mount --make-rprivate /
		mount -t tmpfs tmpfs "$1"
		cd "$1"
		mkdir upper work root groups
		mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
		mount -t cgroup2 cgroup2 groups
		mkdir "groups/monitorink-test-$$"
		rmdir "groups/monitorink-test-$$"' sh "$dir" 2>&1
	;;
*)
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	mkdir "$dir/tree"
	cp "$1" "$dir/monitorink.deb"
	cp "$(dirname "$0")/test-systemd.sh" "$dir/"
	unshare --mount "$(realpath "$0")" outside "$dir"
	;;
esac
