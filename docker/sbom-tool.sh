#!/usr/bin/env bash
# What docker/sbom.sh needs: CycloneDX's own program for Rust. In a layer of its own, since it takes a minute to build.
set -euo pipefail

# `cargo xtask` installs the same.
readonly VERSION=0.5.9

if cargo-cyclonedx cyclonedx --version 2>/dev/null | grep --fixed-strings --line-regexp --quiet "cargo-cyclonedx-cyclonedx $VERSION"; then
  exit 0
fi
cargo install cargo-cyclonedx --version "=$VERSION" --locked --profile dev
