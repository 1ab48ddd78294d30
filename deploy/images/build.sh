#!/usr/bin/env bash
# make images: monitorink/heartbeat, monitorink/collector and monitorink/monitorink, for
# amd64 and arm64, by Docker where an engine answers, otherwise by buildah. One commit
# makes one digest, on every machine with the same Go: nothing in an image is of the
# machine, and every date is the commit's (SOURCE_DATE_EPOCH is another).
#   build.sh            builds
#   build.sh context    only makes what is copied into them: bin/images
#   build.sh version    prints what they are tagged with, once there is a context
# IMAGES_BY=docker or IMAGES_BY=buildah does not look which there is.
set -euo pipefail
cd "$(dirname "$0")/../.."
programs=(heartbeat collector monitorink)
context=bin/images

say() { echo "${0##*/}: $*" >&2; }
die() {
	say "$@"
	exit 1
}

revision=$(git rev-parse HEAD 2>/dev/null || true)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export TZ=UTC
umask 022 # of the folders that buildah makes

# lay_out compiles the binaries, and puts them where the Dockerfile looks for them.
lay_out() {
	local arch stamp=-buildvcs=false
	if [ -n "$revision" ]; then stamp=-buildvcs=true; fi
	rm -rf "$context"
	mkdir -p "$context/data"
	for arch in amd64 arm64; do
		GOFLAGS='' CGO_ENABLED=0 GOOS=linux GOARCH=$arch GOAMD64=v1 GOARM64=v8.0 go build -trimpath $stamp -ldflags='-s -w' \
			-o "$context/$arch/" "${programs[@]/#/./cmd/}"
	done
	(cd deploy/images/cacerts && go run .) >"$context/ca-certificates.crt"
	chmod -R u=rwX,go=rX "$context"
	find "$context" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

# version is that of the binaries, as a tag may be written.
version() {
	local v
	v=$(go version -m "$context/amd64/heartbeat" | awk '$1 == "mod" { print $3 }')
	[ "$v" != '(devel)' ] || v=devel
	echo "${v//+/-}"
}

# build makes one image for one platform.
build() { # PROGRAM ARCH TAG
	local tool=(docker build --provenance=false --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH")
	# The format is Docker's, because OCI's knows no health check.
	[ "$by" = docker ] || tool=(buildah bud --format docker --identity-label=false --timestamp "$SOURCE_DATE_EPOCH")
	"${tool[@]}" --quiet --platform "linux/$2" --target "$1" --file deploy/images/Dockerfile --tag "$3" \
		--build-arg "VERSION=$version" --build-arg "REVISION=$revision" \
		--build-arg "CREATED=$(date -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" "$context" >/dev/null
	[ "$by" = docker ] || forget "$2" "$3"
}

# forget takes out of an image what buildah writes into that format of the container
# that it built in: its name, its host name and its parent are others each time.
forget() { # ARCH TAG
	local dir was now
	dir=$(mktemp -d)
	buildah push --quiet "$2" "dir:$dir"
	was=$(jq -r '.config.digest | ltrimstr("sha256:")' "$dir/manifest.json")
	jq -cj 'del(.container, .container_config, .parent, .config.Hostname, .config.Image, .history[].comment)' "$dir/$was" >"$dir/config"
	now=$(sha256sum "$dir/config" | cut -d ' ' -f 1)
	jq -cj --arg digest "sha256:$now" --argjson size "$(stat -c %s "$dir/config")" '.config += {$digest, $size}' "$dir/manifest.json" >"$dir/manifest"
	rm "$dir/$was"
	mv "$dir/config" "$dir/$now"
	mv "$dir/manifest" "$dir/manifest.json"
	buildah rmi --force "$2" >/dev/null
	buildah tag "$(buildah pull --quiet --arch "$1" "dir:$dir")" "$2"
	rm -rf "$dir"
}

# join gives the images of both platforms one name. Docker knows such a list only in
# a registry, so there the name is the image of the engine's own platform.
join() { # IMAGE TAG
	local arch
	if [ "$by" = buildah ]; then
		buildah rmi "$1:$2" >/dev/null 2>&1 || buildah manifest rm "$1:$2" >/dev/null 2>&1 || true
		buildah manifest create "$1:$2" "$1:$version-amd64" "$1:$version-arm64" >/dev/null
		return
	fi
	arch=$(docker version --format '{{.Server.Arch}}')
	docker tag "$1:$version-$arch" "$1:$2"
}

chosen() {
	if docker info >/dev/null 2>&1; then
		echo docker
	elif command -v buildah >/dev/null && command -v jq >/dev/null; then
		echo buildah
	else
		die 'there is no Docker engine, and not both buildah and jq; on Debian: apt-get install buildah jq'
	fi
}

case ${1:-} in
'') ;;
context) lay_out && exit ;;
version) version && exit ;;
*) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac

by=${IMAGES_BY:-$(chosen)}
# In a container there is often no overlay over an overlay.
if [ "$by" = buildah ] && ! buildah info >/dev/null 2>&1; then
	export STORAGE_DRIVER=vfs
	say 'the storage of buildah does not work here as it is; STORAGE_DRIVER=vfs does'
fi
lay_out
version=$(version)
for program in "${programs[@]}"; do
	image=monitorink/$program
	for arch in amd64 arm64; do
		build "$program" "$arch" "$image:$version-$arch"
	done
	join "$image" "$version"
	join "$image" latest
	say "$image:$version, also latest, and by platform $version-amd64 and $version-arm64"
done
