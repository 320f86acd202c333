#!/usr/bin/env bash
# Makes what compose.yaml must be told and nobody else may know, and prints it as lines of `.env`. For one's own machine:
# production has a store for secrets.
#
#   docker/secrets.sh >.env
#
# MARQUEE_SEED, 32 bytes as base64url, is taken instead of a new one (the tests do that).
set -euo pipefail

url_safe() { base64 --wrap 0 | tr '+/' '-_' | tr --delete '='; }
random() { openssl rand "$1" | url_safe; }

seed="${MARQUEE_SEED:-$(random 32)}"
# What PKCS #8 puts before the 32 bytes of an Ed25519 key.
der() {
  printf '\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20'
  printf '%s=' "$seed" | tr -- '-_' '+/' | base64 --decode
}
public="$(der | openssl pkey -inform DER -pubout -outform DER | tail --bytes 32 | url_safe)"

umask 077
cat <<EOF
POSTGRES_PASSWORD=$(random 24)
MARQUEE_SIGNING_KEY=compose-1:$seed
MANIFEST_KEYS=compose-1:$public
MARQUEE_DATA_KEYS=compose-1:$(random 32)
S3_ACCESS_KEY=$(openssl rand -hex 10)
S3_SECRET_KEY=$(random 30)
EOF
