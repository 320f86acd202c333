#!/usr/bin/env bash
# Runs the migration as a task of its own, and waits until it is over. Nothing may be deployed unless this succeeds.
#
#   terraform -chdir=terraform/envs/staging output -json migration >migration.json
#   deploy/migrate.sh migration.json
#
# Asks AWS by its own program, which must be signed in. WAIT_MINUTES says for how long a migration may run (60), PAUSE_SECONDS
# how often it is asked for (10).
# shellcheck disable=SC2016  # what node is given is JavaScript
set -euo pipefail
shopt -s inherit_errexit

: "${WAIT_MINUTES:=60}" "${PAUSE_SECONDS:=10}"
settings="${1:?say which file has the output \`migration\` of Terraform: deploy/migrate.sh migration.json}"
fail() { printf 'error: %s\n' "$*" >&2 && exit 1; }

# A part of the file, or of what AWS says: read FILE EXPRESSION
read_json() { node -e 'const it = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")); const found = eval(process.argv[2]); if (found !== undefined && found !== null) console.log(found)' "$1" "$2"; }

cluster="$(read_json "$settings" it.cluster)"
definition="$(read_json "$settings" it.task_definition)"
network="$(read_json "$settings" 'JSON.stringify({ awsvpcConfiguration: { subnets: it.subnets, securityGroups: it.security_groups, assignPublicIp: "DISABLED" } })')"
[[ -n "$cluster" && -n "$definition" ]] || fail "$settings is not what \`terraform output -json migration\` prints"

said="$(mktemp)"
trap 'rm -f "$said"' EXIT
aws ecs run-task --cluster "$cluster" --task-definition "$definition" --launch-type FARGATE --network-configuration "$network" \
  --started-by deploy --output json >"$said"
task="$(read_json "$said" 'it.tasks[0]?.taskArn')"
[[ -n "$task" ]] || fail "ECS starts no task: $(read_json "$said" 'JSON.stringify(it.failures)')"
printf '%s runs as %s\n' "$definition" "$task" >&2

until=$((SECONDS + WAIT_MINUTES * 60))
while :; do
  aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --output json >"$said"
  [[ "$(read_json "$said" 'it.tasks[0]?.lastStatus')" != STOPPED ]] || break
  if ((SECONDS >= until)); then
    aws ecs stop-task --cluster "$cluster" --task "$task" --reason "it took more than $WAIT_MINUTES minutes" --output json >"$said"
    fail "the migration took more than $WAIT_MINUTES minutes and was stopped; nothing else was changed"
  fi
  sleep "$PAUSE_SECONDS"
done

code="$(read_json "$said" 'it.tasks[0].containers.find((container) => container.name === "marquee")?.exitCode')"
if [[ "$code" != 0 ]]; then
  fail "the migration ended with ${code:-no exit code}: $(read_json "$said" 'it.tasks[0].stoppedReason'). Its log is in the group …/migrate; nothing else was changed"
fi
printf 'the database is up to date\n' >&2
