#!/usr/bin/env bash
# Says whether Amazon publishes each authority of docker/rds-certificates.pem, by which the core and Terraform's one-off
# tasks know Postgres on RDS. Before each release, since it needs Amazon to be reached and that file must not.
#
#   docker/rds-certificates.sh [BUNDLE]
#
# BUNDLE is a file of Amazon's instead of what it publishes now. To add a region, put its certificate of that name
# (`Amazon RDS REGION Root CA RSA2048 G1`) into the file, below `# REGION`.
# shellcheck disable=SC2016  # what node is given is JavaScript
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ "${1:-}" == --help ]]; then sed -n '2,/^# shellcheck/ { /^# shellcheck/d; s/^# \{0,1\}//; p; }' "docker/$(basename "$0")" && exit 0; fi

readonly PUBLISHED=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem
theirs="$(mktemp)"
trap 'rm -f "$theirs"' EXIT
if [[ -n "${1:-}" ]]; then cat "$1" >"$theirs"; else curl --fail --silent --show-error --location --retry 3 "$PUBLISHED" >"$theirs"; fi

node -e '
  const { readFileSync } = require("node:fs");
  const { X509Certificate } = require("node:crypto");
  const read = (file) => [...readFileSync(file, "utf8").matchAll(/(?:^# ([a-z0-9-]+)\n)?(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----)/gm)]
    .map(([, region, pem]) => ({ region, certificate: new X509Certificate(pem) }));
  const [ours, theirs] = process.argv.slice(1).map(read);
  const published = new Set(theirs.map(({ certificate }) => certificate.fingerprint256));
  const wrong = [];
  for (const { region, certificate } of ours) {
    const name = `CN=Amazon RDS ${region} Root CA RSA2048 G1`;
    if (!region || !certificate.subject.split("\n").includes(name)) wrong.push(`what stands below ${region} is of ${certificate.subject.replaceAll("\n", ", ")}`);
    else if (!published.has(certificate.fingerprint256)) wrong.push(`Amazon does not publish the one of ${region}`);
    else if (Date.parse(certificate.validTo) < Date.now() + 365 * 86400e3) wrong.push(`the one of ${region} ends at ${certificate.validTo}`);
  }
  if (ours.length === 0 || theirs.length === 0) wrong.push("there is no certificate");
  for (const one of wrong) console.error(`error: ${one}`);
  if (wrong.length > 0) process.exit(1);
  console.error(`Amazon publishes each of our ${ours.length} authorities`);
' docker/rds-certificates.pem "$theirs"
