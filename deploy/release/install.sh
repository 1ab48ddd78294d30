#!/usr/bin/env bash
# Installs what test.sh looks at a release with and is missing here: other shells, manual
# pages, package managers, systemd. On Debian and its like, as root or by sudo.
set -euo pipefail

missing=()
needs() { command -v "$1" >/dev/null || missing+=("$2"); } # command, package
needs jq jq
needs curl curl
needs zsh zsh
needs fish fish
needs mandoc mandoc
needs groff groff-base
needs dpkg-deb dpkg
needs rpm rpm
needs systemd-analyze systemd
needs ip iproute2
needs pgrep procps
[ -e /usr/share/bash-completion/bash_completion ] || missing+=(bash-completion)
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || { echo "test-release: install these first: ${missing[*]} (Debian's names)" >&2; exit 1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "test-release: installing ${missing[*]}"
$sudo apt-get -o DPkg::Lock::Timeout=120 update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
