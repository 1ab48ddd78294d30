#!/usr/bin/env bash
# make test-images: builds the images twice, with buildah, and compares; looks into
# them; and runs them with podman as anybody should: not root, without capabilities,
# the root file system read-only. Installs what is missing, if it may.
#   test.sh            everything
#   test.sh memory     without Kafka and Postgres
# Ports: HTTP_PORT (39080) and the two above it, KAFKA_PORT (39092), POSTGRES_PORT (39432).
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${HTTP_PORT:=39080}" "${KAFKA_PORT:=39092}" "${POSTGRES_PORT:=39432}"
export KAFKA_PORT POSTGRES_PORT
programs=(heartbeat collector monitorink)
most=25000000 # bytes of an image, unpacked
token=a-token-of-the-test-of-images

say() { echo "${0##*/}: $*" >&2; }
die() {
	say "$@"
	exit 1
}

install() {
	local missing=() sudo=() tool
	for tool in buildah podman runc curl openssl jq; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "install these first: ${missing[*]}"
	if [ "$(id -u)" != 0 ]; then sudo=(sudo -n); fi
	say "installing ${missing[*]}"
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		-o DPkg::Lock::Timeout=120 "${missing[@]}" >/dev/null
}

# begin makes a storage of the test's own, which needs nothing of the kernel, and
# removes it again, however it ends.
begin() {
	work=$(mktemp -d)
	chmod 755 "$work" # other users look into it
	trap finish EXIT
	trap 'exit 130' INT TERM
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/storage" "$work/run" >"$work/storage.conf"
	export CONTAINERS_STORAGE_CONF=$work/storage.conf IMAGES_BY=buildah
	unset STORAGE_DRIVER SOURCE_DATE_EPOCH
}

finish() {
	local code=$?
	trap - EXIT
	[ -z "${server:-}" ] || kill "$server" || true
	engine rm --all --force --time 1 >/dev/null 2>&1 || true
	engine volume prune --force >/dev/null 2>&1 || true
	if [ -d "$work/infra" ]; then deploy/local/infra.sh destroy || true; fi
	rm -rf "$work"
	exit $code
}

# engine is podman without what it says of systemd: where there is none, it runs a
# health check only when it is told to.
engine() { podman --log-level fatal --runtime runc --cgroup-manager cgroupfs "$@"; }

# run runs an image as it should be run. The network is this machine's, because to
# make another takes more than there is inside a container.
run() { # ARGUMENT OF PODMAN...
	engine run --read-only --cap-drop all --security-opt no-new-privileges --network host \
		--ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --env "MONITORINK_TOKEN=$token" \
		--env "MONITORINK_COLLECTOR_ADDR=:$HTTP_PORT" --env "MONITORINK_HEARTBEAT_ADDR=:$((HTTP_PORT + 1))" "$@"
}

# soon waits until a command succeeds.
soon() { # SECONDS WHAT COMMAND...
	local last=$((SECONDS + $1))
	until "${@:3}" >/dev/null 2>&1; do
		[ $SECONDS -lt $last ] || die "after $1 s still not: $2"
		sleep 0.2
	done
}

healthy() { engine healthcheck run "$1"; } # NAME

# drains ends a container with SIGTERM, and wants exit code 0 of it.
drains() { # NAME
	local code
	engine stop --time 40 "$1" >/dev/null
	code=$(engine inspect --format '{{.State.ExitCode}}' "$1")
	if [ "$code" != 0 ]; then
		engine logs "$1" >&2
		die "$1: exit code $code after SIGTERM, want 0"
	fi
	engine rm "$1" >/dev/null
}

# refuses runs an image that must end by itself with exit code 2, and a message.
refuses() { # WORDS-OF-THE-MESSAGE ARGUMENT-OF-PODMAN...
	local code=0 said
	said=$(run --rm "${@:2}" 2>&1) || code=$?
	[ $code = 2 ] || die "${*:2}: exit code $code, want 2: $said"
	grep -qF -- "$1" <<<"$said" || die "${*:2}: it does not say \"$1\", but: $said"
	[ "$(grep -cE '^(heartbeat|collector|monitorink): ' <<<"$said")" = 1 ] || die "${*:2}: that is not one message: $said"
}

# digests of what there is: each image, and the list of both platforms.
digests() {
	local program
	for program in "${programs[@]}"; do
		engine images --no-trunc --format '{{.Digest}} {{.ID}} {{.Repository}}:{{.Tag}}' "monitorink/$program" | grep -E -- '-(amd64|arm64)$' | sort
		buildah manifest inspect "monitorink/$program:latest" | sha256sum
	done
}

# builds_twice builds here, and in a copy elsewhere with another umask and time zone.
builds_twice() {
	local once again
	deploy/images/build.sh
	version=$(deploy/images/build.sh version)
	once=$(digests)
	mkdir "$work/copy"
	tar --exclude=./bin --exclude=./.tools --exclude=./.infra --exclude=./dist --exclude=node_modules -cf - . | tar -C "$work/copy" -xf -
	buildah rmi --all --force >/dev/null
	(umask 077 && cd "$work/copy" && TZ=Asia/Tokyo deploy/images/build.sh 2>/dev/null)
	again=$(digests)
	[ "$once" = "$again" ] || die "two builds differ: $(diff <(echo "$once") <(echo "$again"))"
	rm -rf "$work/copy"
	say "two builds, the same digests: $(grep -c sha256 <<<"$once") images"
}

# holds looks into an image of one platform: nothing is in it but what must be.
holds() { # PROGRAM ARCH
	local image=monitorink/$1:$version-$2 size dir files machine said
	size=$(engine inspect --format '{{.Size}}' "$image")
	[ "$size" -le $most ] || die "$image: $size bytes, want at most $most"
	dir=$(engine image mount "$image")
	files=$(cd "$dir" && find . ! -type d | sort | tr '\n' ' ')
	[ "$files" = "./etc/ssl/certs/ca-certificates.crt ./usr/bin/$1 " ] || die "$image has other files: $files"
	[ "$(stat -c '%u:%g' "$dir/data")" = 65532:65532 ] || die "$image: /data is not of 65532"
	[ "$(grep -c 'BEGIN CERTIFICATE' "$dir/etc/ssl/certs/ca-certificates.crt")" -gt 100 ] || die "$image has too few authorities"
	machine=$(od -An -tx1 -j18 -N2 "$dir/usr/bin/$1" | tr -d ' ')
	case $2:$machine in
	amd64:3e00 | arm64:b700) ;; # e_machine of the ELF header: x86-64, AArch64
	*) die "$image: the binary is for machine $machine" ;;
	esac
	engine image unmount "$image" >/dev/null
	# shellcheck disable=SC2016 # the variables of a Go template
	said=$(engine inspect "$image" --format '{{.Os}}/{{.Architecture}} {{.Config.User}} {{.Config.Entrypoint}} {{.Config.Cmd}} {{.HealthCheck.Test}} {{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}')
	for part in "linux/$2 65532:65532 [/usr/bin/$1] [run] [CMD /usr/bin/$1 healthcheck] " image.title="$1;" image.version="$version;" image.licenses=Apache-2.0\; \
		image.revision="$(git rev-parse HEAD)" image.created=20 image.source=https:// image.description= image.documentation=; do
		[[ $said == *"$part"* ]] || die "$image does not say $part of itself, but: $said"
	done
	[[ $said != *io.buildah* ]] || die "$image tells what built it: $said"
	say "$image: $size bytes"
}

no_shell() { # IMAGE
	local said
	if said=$(run --rm --entrypoint /bin/sh "$1" -c true 2>&1); then die "$1 has a shell"; fi
	grep -q 'no such file' <<<"$said" || die "$1: a shell fails otherwise: $said"
}

# measured tells whether the API has two measurements that are up.
measured() { # PORT MONITOR
	[ "$(curl -fs -H "Authorization: Bearer $token" "http://127.0.0.1:$1/api/v1/monitors/$2/measurements" | grep -o '"state":"up"' | wc -l)" -ge 2 ]
}

# in_memory is the first thing that one does: one container, and nothing else.
in_memory() {
	local mounted=$work/monitors.yaml:/etc/monitorink/monitors.yaml:ro
	cat >"$work/monitors.yaml" <<-END
		monitors:
		  - { id: self, url: "http://127.0.0.1:$HTTP_PORT/livez", every: 200ms }
		  - { id: morning, url: "http://127.0.0.1:$HTTP_PORT/livez", cron: "0 6 * * *", timezone: Europe/Berlin }
	END
	chmod 644 "$work/monitors.yaml"
	run --detach --name memory --volume "$mounted" monitorink/monitorink >/dev/null
	soon 20 'two measurements by the API' measured "$HTTP_PORT" self
	soon 5 'the health check' healthy memory
	drains memory
	run --rm --volume "$mounted" monitorink/heartbeat next morning --from 2026-07-01T00:00:00Z --count 1 | grep -q '2026-07-01T04:00:00.*CEST' || die 'a time zone is missing'
	if run --rm monitorink/collector healthcheck 2>/dev/null; then die 'a collector that is not there is healthy'; fi
	say 'in memory: measured, healthy, drained'
}

# authorities are those of the image and those that the user adds.
authorities() {
	local port=$((HTTP_PORT + 2)) folder probe
	probe=(--env MONITORINK_MONITORS= monitorink/heartbeat probe "https://localhost:$port/")
	mkdir "$work/ca"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$work/key.pem" -out "$work/ca/own.crt" 2>/dev/null
	chmod -R a+rX "$work/ca"
	openssl s_server -accept "127.0.0.1:$port" -cert "$work/ca/own.crt" -key "$work/key.pem" -www >/dev/null 2>&1 &
	server=$!
	soon 5 'a server with TLS' bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	if run --rm "${probe[@]}" >"$work/said" 2>&1; then die "an unknown authority is trusted: $(cat "$work/said")"; fi
	grep -q 'unknown authority' "$work/said" || die "an unknown authority is told of as: $(cat "$work/said")"
	for folder in /etc/pki/tls/certs /etc/ssl/certs; do # the second hides the image's own
		run --rm --volume "$work/ca:$folder:ro" "${probe[@]}" >"$work/said" 2>&1 || die "an authority in $folder is not trusted: $(cat "$work/said")"
	done
	kill "$server"
	server=
	say 'authorities: one of the user only where it is mounted'
}

# wrong: each ends with exit code 2, and says what to do.
wrong() {
	local program urls=(--env MONITORINK_URLS=http://127.0.0.1:1/) disk
	disk=("${urls[@]}" --env MONITORINK_QUEUE=disk)
	for program in "${programs[@]}"; do
		refuses 'so a token is required; set it, or MONITORINK_TOKEN_FILE' --env MONITORINK_TOKEN= "monitorink/$program"
		refuses 'MONITORINK_GRACE is "10": write a number and a unit' "${urls[@]}" --env MONITORINK_GRACE=10 "monitorink/$program"
	done
	refuses 'there is no such file or folder; name one in MONITORINK_MONITORS' monitorink/heartbeat
	mkdir -m 755 "$work/theirs" # of whoever runs this, and not of 65532
	for program in heartbeat monitorink; do
		refuses 'chown -R 65532:65532 /data' "${disk[@]}" --volume "$work/theirs:/data" "monitorink/$program"
	done
	refuses 'read-only file system' "${disk[@]}" --volume "$work/theirs:/data:ro" monitorink/heartbeat
	say 'what is wrong is told, with exit code 2'
}

rows() { psql -XAtc "select count(*) from measurements where state = 'up'" "$database"; }
three_rows() { [ "$(rows)" -ge 3 ]; }

# kafka_and_postgres: from a URL to a row, by two containers and real servers.
kafka_and_postgres() {
	local name queue
	deploy/local/install.sh
	export INFRA_DIR=$work/infra INFRA_BY=scripts MONITORINK_KAFKA_BROKERS=127.0.0.1:$KAFKA_PORT
	database=postgres://monitorink@127.0.0.1:$POSTGRES_PORT/monitorink
	mkdir "$INFRA_DIR"
	[ ! -d .infra/jars ] || cp -r .infra/jars "$INFRA_DIR/"
	make -s run-infra migrate
	queue=(--env MONITORINK_QUEUE=kafka --env "MONITORINK_KAFKA_BROKERS=$MONITORINK_KAFKA_BROKERS")
	run --detach --name heartbeat "${queue[@]}" --volume monitorink:/data \
		--env "MONITORINK_URLS=http://127.0.0.1:$((HTTP_PORT + 1))/livez" --env 'MONITORINK_SCHEDULE=@every 500ms' monitorink/heartbeat >/dev/null
	run --detach --name collector "${queue[@]}" --env MONITORINK_STORE=postgres --env "MONITORINK_POSTGRES_URL=$database" monitorink/collector >/dev/null
	soon 60 'three rows in Postgres' three_rows
	for name in heartbeat collector; do
		soon 5 "the health check of $name" healthy $name
		engine exec $name /usr/bin/$name check >&2 || die "$name check fails"
		drains $name
	done
	say "Kafka and Postgres: $(rows) rows, healthy, drained"
}

install
begin
builds_twice
for program in "${programs[@]}"; do
	holds "$program" amd64
	holds "$program" arm64
	no_shell "monitorink/$program"
done
in_memory
authorities
wrong
if [ "${1:-}" != memory ]; then kafka_and_postgres; fi
say "all is well, after $SECONDS s"
