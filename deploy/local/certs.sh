#!/usr/bin/env bash
# Makes the certificates of the test servers, in .infra/test/certs, once:
#   ca.crt        the authority that signed the others
#   rogue.crt     another authority, which signed nothing that a server shows
#   server.*      for the name localhost alone: 127.0.0.1 is a host name mismatch
#   client.*      for the user monitorink_cert
#   stranger.*    for the same user, but signed by the rogue authority
# .key and .crt are a pair; .pem holds key, certificate and authority, as Kafka wants it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ -d "$certs" ] && exit
need openssl openssl
rm -rf "$certs.part"
mkdir -p "$certs.part"
cd "$certs.part"

key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 3650)

authority() { # NAME
	openssl req -x509 "${key[@]}" -subj "/CN=Monitorink $1" -addext keyUsage=critical,keyCertSign \
		-keyout "$1.key" -out "$1.crt" 2>/dev/null
}

certificate() { # NAME AUTHORITY SUBJECT USAGE
	openssl req -x509 -CA "$2.crt" -CAkey "$2.key" "${key[@]}" -subj "/CN=$3" -addext basicConstraints=critical,CA:FALSE \
		-addext "subjectAltName=DNS:$3" -addext "extendedKeyUsage=$4" -keyout "$1.key" -out "$1.crt" 2>/dev/null
	cat "$1.key" "$1.crt" "$2.crt" >"$1.pem"
}

authority ca
authority rogue
certificate server ca localhost serverAuth
certificate client ca monitorink_cert clientAuth
certificate stranger rogue monitorink_cert clientAuth
chmod 600 ./*.key ./*.pem
mv "$certs.part" "$certs"
