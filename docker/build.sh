#!/usr/bin/env bash
# The image's build stage: the program and its bill of materials, into the folder OUT.
#
#   docker/build.sh OUT
#
# MARQUEE_CARGO and MARQUEE_PROGRAM say how cargo builds the program and what it makes: `cargo xtask image` takes what the
# tests have built. Release builds keep line tables, for the stack traces of a panic.
set -euo pipefail
cd "$(dirname "$0")/.."

out="${1:?say where to: docker/build.sh OUT}"
program="${MARQUEE_PROGRAM:-${CARGO_TARGET_DIR:-target}/release/marquee}"
read -r -a how <<<"${MARQUEE_CARGO:-build --release --package marquee-core --bin marquee}"

# .cargo/config.toml says so as well; here it must hold even where that file is changed: there is no database.
export SQLX_OFFLINE=true
cargo "${how[@]}" --locked

install -D -m 0755 "$program" "$out/marquee"
docker/sbom.sh >"$out/sbom.cdx.json"
