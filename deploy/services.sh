#!/usr/bin/env bash
# Waits until every service runs what was applied. ECS gives up on tasks that do not get ready and goes back to the ones
# before, and calls that stable as well: so it is asked what it runs.
#
#   terraform -chdir=terraform/envs/staging output -json services >services.json
#   deploy/services.sh services.json
#
# Asks AWS by its own program, which must be signed in. WAIT_MINUTES says for how long a deployment may take (30),
# PAUSE_SECONDS how often it is asked for (10).
# shellcheck disable=SC2016  # what node is given is JavaScript
set -euo pipefail
shopt -s inherit_errexit
if [[ "${1:-}" == --help ]]; then sed -n '2,/^# shellcheck/ { /^# shellcheck/d; s/^# \{0,1\}//; p; }' "$0" && exit 0; fi

: "${WAIT_MINUTES:=30}" "${PAUSE_SECONDS:=10}"
settings="${1:?say which file has the output \`services\` of Terraform: deploy/services.sh services.json}"
fail() { printf 'error: %s\n' "$*" >&2 && exit 1; }

cluster="$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).cluster ?? ""' "$settings")"
mapfile -t services < <(node -e 'for (const name of Object.keys(JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).task_definitions ?? {})) console.log(name)' "$settings")
[[ -n "$cluster" && ${#services[@]} -gt 0 ]] || fail "$settings is not what \`terraform output -json services\` prints"

# A line for each service that is not there yet: `wait …` or `failed …`.
judge() {
  node -e '
    const read = (file) => JSON.parse(require("node:fs").readFileSync(file, "utf8"));
    const wanted = read(process.argv[1]).task_definitions;
    const found = new Map(read(process.argv[2]).services.map((service) => [service.serviceName, service]));
    for (const [name, definition] of Object.entries(wanted)) {
      const primary = found.get(name)?.deployments.find((deployment) => deployment.status === "PRIMARY");
      if (!primary) console.log(`failed ${name} has no deployment`);
      else if (primary.taskDefinition !== definition) console.log(`failed ${name} went back to ${primary.taskDefinition}`);
      else if (primary.rolloutState === "FAILED") console.log(`failed ${name}: ${primary.rolloutStateReason}`);
      else if (primary.rolloutState !== "COMPLETED") console.log(`wait ${name}: ${primary.runningCount} of ${primary.desiredCount} run`);
    }' "$settings" "$1"
}

said="$(mktemp)"
trap 'rm -f "$said"' EXIT
until=$((SECONDS + WAIT_MINUTES * 60))
while :; do
  aws ecs describe-services --cluster "$cluster" --services "${services[@]}" --output json >"$said"
  verdict="$(judge "$said")"
  [[ -n "$verdict" ]] || break
  if failed="$(grep '^failed ' <<<"$verdict")"; then fail "${failed#failed }"; fi
  ((SECONDS < until)) || fail "after $WAIT_MINUTES minutes: ${verdict#wait }"
  printf '%s\n' "$verdict" >&2
  sleep "$PAUSE_SECONDS"
done
printf 'every service runs what was applied\n' >&2
