#!/usr/bin/env bash
# Prints what the program is made of: every crate, with version, licence and checksum, as CycloneDX 1.5.
set -euo pipefail
cd "$(dirname "$0")/.."

# It writes one for each package of the workspace, beside its Cargo.toml.
readonly NAME=marquee-sbom
clean_up() { find core edge shared tests xtask -name "$NAME.json" -delete; }
trap clean_up EXIT

target="$(rustc --print host-tuple)"
cargo cyclonedx --manifest-path core/Cargo.toml --format json --spec-version 1.5 --target "$target" --no-build-deps \
  --override-filename "$NAME" -qq >&2
cat "core/$NAME.json"
