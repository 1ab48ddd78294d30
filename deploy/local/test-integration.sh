#!/usr/bin/env bash
# Starts the test servers, runs every test of the files with the tag integration, and
# removes the servers again, however it ends. Installs what is missing, if it may; without that,
# but with Docker, it runs itself in a container.
#   test-integration.sh [ARGUMENT of go test | PACKAGE...]
# Without a package: all that have such tests. Without -run: only those; the others of
# these packages are make test's. Servers that run already stay
# as they are (test-servers.sh start).
set -euo pipefail
export INFRA=test
. "$(dirname "$0")/lib.sh"
cd "$root"

if ! "$here/install.sh" missing >/dev/null && ! "$here/install.sh"; then
	engine || exit 1
	say 'running in a container instead'
	exec docker run --rm -v "$root:/src" -v monitorink-go:/go -w /src golang:1.26 make test-integration
fi

packages=() options=()
for argument; do
	if [[ $argument == ./* ]]; then packages+=("$argument"); else options+=("$argument"); fi
done
mapfile -t files < <(grep -rl --include='*_test.go' '^//go:build integration' .)
if [ ${#packages[@]} -eq 0 ]; then
	mapfile -t packages < <(printf '%s\n' "${files[@]}" | xargs -n 1 dirname | sort -u)
fi
if [[ " ${options[*]}" != *' -run'* ]]; then
	options+=(-run "^($(sed -nE 's/^func (Test[A-Za-z0-9_]+)\(.*/\1/p' "${files[@]}" | sort -u | paste -sd '|' -))\$")
fi
race=(-race)
command -v "$(go env CC)" >/dev/null || race=()

if ! "$here/test-servers.sh" status; then
	servers=
	remove() {
		trap '' INT TERM
		wait ${servers:+"$servers"} || true # what is half started cannot be removed
		"$here/test-servers.sh" destroy
	}
	trap remove EXIT
	trap 'exit 130' INT TERM
	began=$SECONDS
	"$here/test-servers.sh" start &
	servers=$!
	# The compiler works while the servers come.
	go test "${race[@]}" -tags integration -exec true "${packages[@]}" >/dev/null || true
	wait $servers
	say "servers and test binaries after $((SECONDS - began)) s"
fi
eval "$("$here/test-servers.sh" env)"

# One package after the other: some stop a server.
go test "${race[@]}" -tags integration -count=1 -p 1 -timeout 12m "${options[@]}" "${packages[@]}"
if [ $# -eq 0 ]; then
	go run ./bench/breaks -only Postgres
fi
