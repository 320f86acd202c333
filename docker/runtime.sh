#!/usr/bin/env bash
# The image's second stage, as root: what the program needs beside itself, and the account that runs it.
set -euo pipefail

# ffmpeg and ffprobe make videos and look into them; with the certificates of authorities the program trusts others.
packages=(ca-certificates ffmpeg)

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends "${packages[@]}"
rm -rf /var/lib/apt/lists/*

groupadd --gid 10001 marquee
useradd --uid 10001 --gid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin marquee

# For those who keep files in a volume: a new one gets the owner of this folder.
install -d -o marquee -g marquee /var/lib/marquee
