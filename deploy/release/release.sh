#!/usr/bin/env bash
# Makes the files of a release, in dist: archives for Linux and macOS, packages for Debian's
# and Red Hat's families, what Flyway needs, and for each platform a list of what is in its
# binaries (an SBOM); SHA256SUMS has the sum of each.
#
#   release.sh CYCLONEDX_GOMOD NFPM                           (make release)
#   PLATFORMS=linux/amd64 release.sh CYCLONEDX_GOMOD NFPM     only that
#
# All of it depends on the commit and the version of Go alone: no clock, no folder and no
# user is in it, so that anybody can make it again and compare. The version is what Go
# stamps into the binaries: the tag of the commit, or else v0.0.0, its time and its hash.
set -euo pipefail
die() { echo "release: $*" >&2; exit 1; }

gomod=$(realpath "$1") nfpm=$(realpath "$2")
cd "$(dirname "$0")/../.."
for tool in git go jq gzip; do
	command -v "$tool" >/dev/null || die "$tool is missing: install it"
done
tar --version 2>/dev/null | grep -q GNU || die "this takes GNU tar: another one cannot sort what it packs"

GOOS=$(go env GOHOSTOS) GOARCH=$(go env GOHOSTARCH)
export LC_ALL=C TZ=UTC GOOS GOARCH CGO_ENABLED=0 GOFLAGS=-trimpath GOAMD64=v1 GOARM64=v8.0 GOEXPERIMENT='' GOFIPS140=off GOWORK=off
# A copy without a .git of its own may be in somebody else's clone.
SOURCE_DATE_EPOCH=$([ -z "$(git rev-parse --show-cdup)" ] && git log -1 --format=%ct) || die "this takes a clone with Git: version and date come from the commit"
export SOURCE_DATE_EPOCH
umask 022
[ -z "$(git status --porcelain)" ] || echo 'release: the tree has changes that are not committed: the version says +dirty' >&2

programs=(monitorink heartbeat collector)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/dist" # it becomes dist once it is whole

build() { # folder; GOOS and GOARCH say for what
	go build -buildvcs=true -ldflags='-s -w' -o "$1/" "${programs[@]/#/./cmd/}"
}

# pack makes an archive of a folder of $work, the same for the same files.
pack() { # folder
	tar -C "$work" --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
		--mode=u=rwX,go=rX -cf - "$1" | gzip -n >"$work/dist/$1.tar.gz"
}

# completions writes what shells complete the programs by.
completions() { # folder
	mkdir -p "$1"/{bash,zsh,fish}
	local p
	for p in "${programs[@]}"; do
		"$work/host/$p" completion bash >"$1/bash/$p"
		"$work/host/$p" completion zsh >"$1/zsh/_$p"
		"$work/host/$p" completion fish >"$1/fish/$p.fish"
	done
}

# licences writes the licence of each module that is in the binaries, as those ask for.
licences() { # file
	local module dir file
	cat "$(go env GOROOT)/LICENSE" >"$work/go-licence"
	{
		printf '== Go\n\n' && cat "$work/go-licence"
		GOOS=linux go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' "${programs[@]/#/./cmd/}" |
			sort -u | while read -r module version dir; do
			for file in "$dir"/{LICEN[CS]E,NOTICE,COPYING}*; do
				[ ! -f "$file" ] || { printf '\n== %s %s, %s\n\n' "$module" "$version" "${file##*/}" && cat "$file"; }
			done
		done
		printf '\n== The page\n\n' && cat web/page/dist/licences.txt
	} >"$1"
}

# sbom writes which modules are in the binaries of a folder, and which npm packages are in the page.
sbom() { # folder, file
	local p
	for p in "${programs[@]}"; do
		go version -m "$1/$p" | grep -P '^\t(dep|=>)\t' >"$work/modules-$p"
		cmp "$work/modules-monitorink" "$work/modules-$p" || die "$p has other modules than monitorink: one list does not do for both"
	done
	"$gomod" bin -json -std -noserial -notimestamp "$1/monitorink" |
		jq --slurpfile lock web/page/package-lock.json '.components += [$lock[0].packages | to_entries[] | select(.key != "" and (.value.dev | not)) |
			{name: (.key | ltrimstr("node_modules/")), version: .value.version} |
			{"bom-ref": "pkg:npm/\(.name)@\(.version)", type: "library", name, version, scope: "required", purl: "pkg:npm/\(.name)@\(.version)"}]' >"$2"
}

# package makes the two packages of a folder that has the binaries; nfpm.yaml says what goes where.
package() { # folder of $work
	local stage=$work/package kind root=$PWD
	rm -rf "$stage"
	mkdir -p "$stage/packed/man"
	cp -r "$work/$1" "$stage/tree"
	cp -r "$work/$flyway" "$stage/flyway"
	cp deploy/release/{postinstall,preremove,postremove}.sh deploy/release/{copyright,lintian-overrides} "$stage/"
	cp "$stage"/tree/man/*.1 "$stage/packed/man/"
	printf 'monitorink (%s) stable; urgency=medium\n\n  * What is new is in /usr/share/doc/monitorink/CHANGELOG.md.\n\n -- The Monitorink authors <monitorink@users.noreply.github.com>  %s\n' \
		"${version/-/\~}" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$stage/packed/changelog"
	gzip -9n "$stage"/packed/man/* "$stage/packed/changelog"
	chmod -R u=rwX,go=rX "$stage" # whatever the clone has
	for kind in deb rpm; do
		(cd "$stage" && VERSION=$version "$nfpm" package --config "$root/deploy/release/nfpm.yaml" --packager $kind --target "$work/dist/$1.$kind") >"$work/said" ||
			die "$(cat "$work/said")"
	done
}

build "$work/host"
version=$(go version -m "$work/host/monitorink" | awk '$1 == "mod" { print substr($3, 2) }')
mkdir "$work/common"
completions "$work/common/completions"
licences "$work/common/licences.txt"
cp README.md LICENSE CHANGELOG.md monitors.yaml env.sh "$work/common/"
cp -r docs "$work/common/"
rm -r "$work/common/docs/images"
mkdir "$work/common/man"
go run ./cmd/internal/man "$work/common/man" "v$version" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)"

flyway=monitorink_${version}_flyway
mkdir "$work/$flyway"
cp -r flyway/{flyway.conf,checksums.txt,sql} LICENSE deploy/postgres/roles.sql "$work/$flyway/"
pack "$flyway"

for platform in ${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}; do
	export GOOS=${platform%/*} GOARCH=${platform#*/}
	name=monitorink_${version}_${GOOS}_$GOARCH
	cp -r "$work/common" "$work/$name"
	build "$work/$name"
	sbom "$work/$name" "$work/dist/$name.cdx.json"
	if [ "$GOOS" = linux ]; then
		cp -r deploy/systemd "$work/$name/"
		package "$name"
	fi
	pack "$name"
done

(cd "$work/dist" && sha256sum -- * >SHA256SUMS)
rm -rf dist
mv "$work/dist" dist
cat dist/SHA256SUMS
