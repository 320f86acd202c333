#!/usr/bin/env bash
# The image's second stage and a container of it, without an engine: this machine's Debian stands in for the base image.
# Run as root in a mount namespace of its own (`unshare --mount`), so that nothing of it stays.
#
#   contained.sh FOLDER OUT VERSION PORT METRICS_PORT
#
# FOLDER is empty; OUT has what docker/build.sh made; DATABASE_URL names an empty database.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$1" out="$2" version="$3" port="$4" metrics_port="$5"

say() { printf '    %s\n' "$*"; }
fail() { printf 'the image would not work: %s\n' "$*" >&2; exit 1; }

# ── The image: docker/runtime.sh over the machine's files, and what the Dockerfile copies

mount -t tmpfs tmpfs "$folder"
mkdir "$folder"/{changes,work,root}
root="$folder/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/changes,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
rm -rf "$root/var/lib/marquee"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
install docker/runtime.sh "$root/tmp/"
# The machine may have the account already, from an earlier base.
chroot "$root" userdel marquee 2>/dev/null || true
chroot "$root" /tmp/runtime.sh >"$folder/runtime.log" 2>&1 || { tail -30 "$folder/runtime.log" >&2; fail "docker/runtime.sh failed"; }
install -D "$out/marquee" "$root/usr/local/bin/marquee"
install -D -m 0644 "$out/sbom.cdx.json" "$root/usr/share/marquee/sbom.cdx.json"
install -m 0644 docker/rds-certificates.pem "$root/usr/share/marquee/"

# ── A container: read-only, /tmp in memory, no capability, none to be had

umount "$root/tmp"
mount -t tmpfs -o size=256m,mode=1777 tmpfs "$root/tmp"
mount -o remount,ro "$root"

settings=(
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  MARQUEE_ENV=local
  MARQUEE_LISTEN="127.0.0.1:$port"
  MARQUEE_METRICS_LISTEN="127.0.0.1:$metrics_port"
  DATABASE_URL="${DATABASE_URL:?an empty database}"
)
inside=(
  chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all
  env -i -C /tmp "${settings[@]}"
)

[[ "$("${inside[@]}" id -u):$("${inside[@]}" id -g)" == 10001:10001 ]] || fail "it does not run as 10001:10001"
[[ "$("${inside[@]}" id -un)" == marquee ]] || fail "10001 is not the account marquee"
if "${inside[@]}" touch /usr/local/bin/marquee 2>/dev/null; then fail "it can change its own program"; fi
if "${inside[@]}" touch /var/lib/marquee/file 2>/dev/null; then fail "its root is not read-only"; fi
"${inside[@]}" touch /tmp/file || fail "it cannot write to /tmp"
say "runs as 10001:10001 and writes to /tmp only"

said="$("${inside[@]}" marquee --version)"
[[ "$said" == "marquee $version" ]] || fail "it says it is \`$said\`, not \`marquee $version\`"
for program in ffmpeg ffprobe; do
  "${inside[@]}" "$program" -version >/dev/null || fail "it has no $program"
done
# What videos are walled in with.
for program in prlimit unshare; do
  "${inside[@]}" "$program" --version >/dev/null || fail "it has no $program"
done
"${inside[@]}" test -s /etc/ssl/certs/ca-certificates.crt || fail "it has no certificates of authorities"
"${inside[@]}" grep --quiet "BEGIN CERTIFICATE" /usr/share/marquee/rds-certificates.pem || fail "it has no certificates of Postgres on RDS"
"${inside[@]}" test -s /usr/share/marquee/sbom.cdx.json || fail "it has no bill of materials"
[[ "$(stat -c %u:%g "$root/var/lib/marquee")" == 10001:10001 ]] || fail "/var/lib/marquee is not its own"
say "has $said, ffmpeg, certificates and a bill of materials"

if "${inside[@]}" marquee health >/dev/null 2>&1; then fail "it is well before it was started"; fi
"${inside[@]}" marquee migrate
unshare --pid --fork --kill-child "${inside[@]}" marquee serve --with-worker >"$folder/serve.log" 2>&1 &
started=$!
for _ in {1..600}; do
  if "${inside[@]}" marquee health >"$folder/health.log" 2>&1; then break; fi
  kill -0 "$started" 2>/dev/null || { tail -30 "$folder/serve.log" >&2; fail "it ended by itself"; }
  sleep 0.1
done
"${inside[@]}" marquee health >/dev/null || { tail -30 "$folder/serve.log" >&2; fail "$(cat "$folder/health.log")"; }
say "serves, and its health check says so: $(cat "$folder/health.log")"

process="$(pgrep --parent "$started")"
if "${inside[@]}" cat "/proc/$process/environ" >/dev/null 2>&1; then fail "what it starts can read its secrets"; fi
[[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$process/status")" == 1 ]] || fail "it is not process 1"
kill -TERM "$process"
status=0
wait "$started" || status=$?
[[ "$status" == 0 ]] || { tail -30 "$folder/serve.log" >&2; fail "as process 1 it ended with $status at SIGTERM"; }
say "stops at SIGTERM as process 1"
