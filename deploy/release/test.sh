#!/usr/bin/env bash
# Makes the release of the newest commit twice, in two clones that have little in common,
# and looks at all that came of it as its users would. PLATFORMS=linux/amd64 takes only that.
# shellcheck disable=SC2015 # where die is the last of a list, it ends it
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
die() { echo "test-release: $*" >&2; exit 1; }
say() { echo "test-release: $*"; }

arch=$(go env GOARCH)
PLATFORMS=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}
export PLATFORMS
commit=$(git rev-parse HEAD)

make_release() { # folder of the clone
	git clone -q "$root" "$1"
	git -C "$1" checkout -q "$commit"
	mkdir "$1/.tools"
	ln -s "$root"/.tools/{cyclonedx-gomod,nfpm}-* "$1/.tools/"
	make -s -C "$1" release >"$dir/log" 2>&1 || { cat "$dir/log"; die "make release"; }
}

twice() {
	make_release "$dir/one"
	(
		umask 077
		export TZ=Asia/Tokyo LANG=C.UTF-8 GOFLAGS=-buildvcs=false GOOS=darwin GOFIPS140=latest USER=nobody
		make_release "$dir/another folder"
	)
	diff "$dir/one/dist/SHA256SUMS" "$dir/another folder/dist/SHA256SUMS" || die "two releases of one commit are not the same"
	say "two releases are the same: $(wc -l <"$dir/one/dist/SHA256SUMS") files, $(du -sm "$dir/one/dist" | cut -f1) MB"
}

# archives unpacks each into a folder of its own, as it says.
archives() {
	local archive name platform count=0
	sha256sum --quiet -c SHA256SUMS
	for archive in *.tar.gz; do
		name=${archive%.tar.gz} count=$((count + 1))
		tar -tvzf "$archive" | awk -v top="$name/" '$2 != "0/0" || index($6, top) != 1 || $1 !~ /^(drwxr-xr-x|-rw[x-]r-[x-]r-[x-])$/ { print; bad = 1 } END { exit bad }' ||
			die "$archive has owners, rights or folders that it should not have"
		tar -C "$dir" -xzf "$archive"
	done
	for platform in $PLATFORMS; do
		name=monitorink_${version}_${platform/\//_}
		for p in monitorink heartbeat collector; do
			go version -m "$dir/$name/$p" | grep -qE "GOARCH=${platform#*/}$" || die "$p of $platform is of something else"
		done
		[ -s "$dir/$name/licences.txt" ] && [ -s "$dir/$name/docs/install.md" ] || die "$name lacks its licences or its documents"
		jq -e '.bomFormat == "CycloneDX" and (.serialNumber == null) and (.metadata.timestamp == null) and ([.components[].name] |
			index("std") and index("preact") and index("github.com/spf13/cobra"))' "$name.cdx.json" >/dev/null || die "$name.cdx.json is not whole"
	done
	[ -s "$dir/monitorink_${version}_flyway/sql/V1__create_tables.sql" ] || die "what Flyway needs is not in its archive"
	say "$count archives unpack as they should"
}

# versions: a binary says what it was built of, and that there was more than the commit.
versions() {
	local p said
	for p in monitorink heartbeat collector; do
		said=$("$tree/$p" version)
		[[ "$said" == "$p v$version (commit $commit, "*"Z, go1."*" linux/$arch)" ]] || die "version says: $said"
	done
	echo >>"$dir/one/README.md"
	(cd "$dir/one" && go build -buildvcs=true -o "$dir/dirty" ./cmd/heartbeat)
	said=$("$dir/dirty" version)
	[[ "$said" == *"+dirty (commit $commit, "*"with changes that are not committed"* ]] || die "a build of a tree with changes says: $said"
	say "$("$tree/heartbeat" version)"
}

# completions are loaded by each shell, with nothing set, and complete.
completions() {
	local p got
	for p in monitorink heartbeat collector; do
		# shellcheck disable=SC2016 # it is the other shell that expands it
		got=$(env -i PATH="$tree:$PATH" bash --norc -euc '
			set +u; . /usr/share/bash-completion/bash_completion; . "$1"
			compopt() { :; } # there is no line that is being edited
			COMP_WORDS=("$2" versi) COMP_CWORD=1 COMP_LINE="$2 versi" COMP_POINT=$((${#2} + 6)) COMP_TYPE=9
			"__start_$2" "$2" versi "$2"; echo "${COMPREPLY[@]}"' - "$tree/completions/bash/$p" "$p")
		[[ "$got" == version* ]] || die "bash completes $p versi to: $got"
		zsh -n "$tree/completions/zsh/_$p"
		fish --no-config --no-execute "$tree/completions/fish/$p.fish"
		# shellcheck disable=SC2016
		got=$(env -i HOME="$dir" PATH="$tree:$PATH" fish --no-config -c 'source $argv[1]; complete -C "$argv[2] versi"' "$tree/completions/fish/$p.fish" "$p")
		[[ "$got" == version* ]] || die "fish completes $p versi to: $got"
	done
	say "bash, zsh and fish load what completes"
}

pages() {
	local page said
	for page in "$tree"/man/*.1; do
		said=$(mandoc -T lint -W warning "$page" 2>&1; groff -ww -z -man -Kutf8 "$page" 2>&1) || true
		[ -z "$said" ] || die "$page: $said"
		[[ "$(mandoc -T html "$page")" == *'id="ENVIRONMENT"'* ]] || die "$page does not render"
	done
	say "manual pages render without a warning"
}

# debian installs, upgrades, removes and purges in a folder of its own.
debian() {
	local deb=$1 at=$dir/debian
	local -a dpkg=(dpkg --root="$at" --force-script-chrootless --force-not-root --force-confdef --force-confold)
	mkdir -p "$at"/var/lib/dpkg/{info,updates} "$at/var/lib/private/monitorink"
	touch "$at/var/lib/dpkg/status"
	"${dpkg[@]}" -i "$deb" >"$dir/log" 2>&1 || { cat "$dir/log"; die "dpkg -i"; }
	[ "$(stat -c %a "$at/etc/monitorink/monitorink.env")" = 600 ] || die "others can read monitorink.env, which may hold secrets"
	cp -r "$at" "$dir/installed"

	echo '# mine' >>"$at/etc/monitorink/monitors.yaml"
	dpkg-deb -R "$deb" "$dir/next"
	sed -i "s/^Version: .*/&.next/" "$dir/next/DEBIAN/control"
	echo '# of the next version' >>"$dir/next/etc/monitorink/monitors.yaml"
	echo '# of the next version' >>"$dir/next/usr/share/doc/monitorink/README.md"
	dpkg-deb -b -z1 --root-owner-group "$dir/next" "$dir/next.deb" >/dev/null
	"${dpkg[@]}" -i "$dir/next.deb" >"$dir/log" 2>&1 || { cat "$dir/log"; die "an upgrade"; }
	grep -q '# mine' "$at/etc/monitorink/monitors.yaml" && [ -e "$at/etc/monitorink/monitors.yaml.dpkg-dist" ] || die "an upgrade does not keep monitors.yaml"
	grep -q '# of the next' "$at/usr/share/doc/monitorink/README.md" || die "an upgrade changes nothing"

	"${dpkg[@]}" -r monitorink >"$dir/log" 2>&1 || { cat "$dir/log"; die "dpkg -r"; }
	[ ! -e "$at/usr/bin/heartbeat" ] && grep -q '# mine' "$at/etc/monitorink/monitors.yaml" && [ -d "$at/var/lib/private/monitorink" ] || die "settings and state do not outlive the package"
	"${dpkg[@]}" -P monitorink >"$dir/log" 2>&1 || { cat "$dir/log"; die "dpkg -P"; }
	[ ! -e "$at/etc/monitorink" ] && [ ! -e "$at/var/lib/private/monitorink" ] || die "a purge leaves something"
	say "the deb installs, upgrades with the settings kept, is removed and purged"
}

redhat() {
	local rpm=$1
	rpm -K --nosignature "$rpm" >/dev/null
	diff <(rpm -qplv "$rpm" | awk '$1 !~ /^d/ { sub("site-functions", "vendor-completions", $NF); print $NF }' | sort) \
		<(cd "$dir/installed" && find etc usr -type f -printf '/%p\n' | grep -v -e /lintian/ -e /changelog.gz | sort) || die "deb and rpm hold different files"
	diff <(rpm -qpc "$rpm") <(printf '/etc/monitorink/%s\n' monitorink.env monitors.yaml) || die "what the rpm takes for configuration"
	say "the rpm holds the same"
}

# units are what systemd accepts and finds little exposed, and say the same of what they may do.
units() {
	local unit said at=$dir/installed
	cp -r /usr/lib/systemd/system/*.target "$at/usr/lib/systemd/system/"
	cp "$(type -P kill)" "$at/usr/bin/"
	for unit in monitorink monitorink-heartbeat monitorink-collector; do
		said=$(systemd-analyze verify --man=no --root="$at" "$at/usr/lib/systemd/system/$unit.service" 2>&1) && [ -z "$said" ] || die "$unit.service: $said"
		systemd-analyze security --offline=true --threshold=15 --root="$at" "$unit.service" >"$dir/log" || { cat "$dir/log"; die "$unit.service is exposed"; }
		say "$(sed -n 's/.*Overall exposure/exposure/p' "$dir/log")"
	done
	for unit in heartbeat collector; do
		diff <(sed -n '/^# How long/,$p' "$tree/systemd/monitorink.service") <(sed -n '/^# How long/,$p' "$tree/systemd/monitorink-$unit.service") || die "the units differ"
	done
}

# service runs the installed program as the unit does, but for what confines it.
service() {
	local at=$dir/installed url=http://127.0.0.1:41080 log=$dir/service.log pid
	local -a unit=(env -i MONITORINK_MONITORS="$at/etc/monitorink/monitors.yaml" MONITORINK_DATA_DIR="$dir/state" MONITORINK_COLLECTOR_ADDR="${url#http://}")
	mapfile -t settings < <(grep -v '^#' "$at/etc/monitorink/monitorink.env" | grep .)
	sed -i "s|http://127.0.0.1:8080|$url|" "$at/etc/monitorink/monitors.yaml"
	"${unit[@]}" "${settings[@]}" "$at/usr/bin/monitorink" run 2>"$log" &
	pid=$!
	for _ in $(seq 100); do
		if curl -fs "$url/api/v1/monitors/monitorink/measurements" | grep -q '"state":"up"'; then break; fi
		sleep 0.2
	done
	curl -fs "$url/api/v1/monitors/monitorink/measurements" | grep -q '"state":"up"' || { cat "$log"; die "the service measures nothing"; }
	kill -TERM $pid
	wait $pid || { cat "$log"; die "the service does not drain"; }

	local said code=0
	said=$("${unit[@]}" "${settings[@]/disk/disc}" "$at/usr/bin/monitorink" run 2>&1) || code=$?
	[ $code = 2 ] && [[ "$said" == *MONITORINK_QUEUE*disc*disk* ]] || die "of a wrong setting it says with $code: $said"
	say "the service runs on what is installed, and says: $(head -1 <<<"$said")"
}

# booted lives through an operator's day where a systemd can be started.
booted() {
	local why
	if ! why=$("$root/deploy/release/systemd-here.sh" possible); then
		say "no systemd can be started here, so that deploy/release/test-systemd.sh was not run: $why"
		return
	fi
	"$root/deploy/release/systemd-here.sh" "$1"
}

twice
cd "$dir/one/dist"
version=$(basename monitorink_*_flyway.tar.gz _flyway.tar.gz) version=${version#monitorink_}
tree=$dir/monitorink_${version}_linux_$arch
archives
versions
completions
pages
debian "monitorink_${version}_linux_$arch.deb"
redhat "monitorink_${version}_linux_$arch.rpm"
units
service
booted "monitorink_${version}_linux_$arch.deb"
