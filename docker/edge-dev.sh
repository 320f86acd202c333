#!/usr/bin/env bash
# The Worker on workerd, with a local KV store and queue, in a container. MANIFEST_KEYS says whose manifests it takes.
#
# It listens on every address of the container, but answers Cloudflare's API for the local store to whoever calls it
# 127.0.0.1 only: that is why the core shares its network in compose.yaml.
set -euo pipefail
cd "$(dirname "$0")/.."

export X_LOCAL_EXPLORER=true CLOUDFLARE_CF_FETCH_ENABLED=false
export WRANGLER_SEND_METRICS=false WRANGLER_HIDE_BANNER=true WRANGLER_LOG_PATH=/tmp/wrangler
state="${EDGE_STATE:-/var/lib/edge}"
export WRANGLER_REGISTRY_PATH="$state/registry" WRANGLER_CACHE_DIR="$state/cache"

exec node_modules/.bin/wrangler dev --local --ip "${EDGE_IP:-0.0.0.0}" --port "${EDGE_PORT:-8787}" \
  --inspector-port 0 --show-interactive-dev-session=false --persist-to "$state" \
  --var "MANIFEST_KEYS:${MANIFEST_KEYS:?the public halves of the keys that sign: key_id:base64url}"
