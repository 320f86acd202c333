# shellcheck shell=bash disable=SC2016,SC2034  # what node is given is JavaScript; who reads this uses what it sets
# Read by those who run one task of ECS's to its end: migrate.sh, marquee.sh, database-role.sh.
#
# AWS is asked by its own program, which must be signed in. WAIT_MINUTES says for how long the task may run (60),
# PAUSE_SECONDS how often it is asked for (10).
set -euo pipefail
shopt -s inherit_errexit

: "${WAIT_MINUTES:=60}" "${PAUSE_SECONDS:=10}"

fail() { printf 'error: %s\n' "$*" >&2 && exit 1; }
usage() { printf 'error: %s; see %s --help\n' "$1" "$0" >&2 && exit 64; }

# The head of the script that is run.
help() { sed -n '2,/^# shellcheck/ { /^# shellcheck/d; s/^# \{0,1\}//; p; }' "$0" && exit 0; }

# A part of the file, or of what AWS says: read_json FILE EXPRESSION
read_json() { node -e 'const it = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")); const found = eval(process.argv[2]); if (found !== undefined && found !== null) console.log(found)' "$1" "$2"; }

# terraform_output ENVIRONMENT NAME FILE: what Terraform made, as its state says.
terraform_output() {
  [[ -f "terraform/envs/$1/main.tf" ]] || usage "there is no environment \`$1\`: there are staging and production"
  terraform -chdir="terraform/envs/$1" output -json "$2" >"$3" ||
    fail "Terraform does not say where: sign in to AWS, run \`terraform init\` in terraform/envs/$1 as terraform/README.md says, and deploy once"
}

# run_task SETTINGS OVERRIDES: SETTINGS is a file of `terraform output -json migration`, `command` or `database_role`, OVERRIDES
# what differs from the task's definition, as ECS takes it. Prints what the task logs; its exit code is in $code, and in
# $reason why it ended.
run_task() {
  local settings="$1" overrides="$2" cluster definition container network said task until
  cluster="$(read_json "$settings" it.cluster)"
  definition="$(read_json "$settings" it.task_definition)"
  container="$(read_json "$settings" it.container)"
  [[ -n "$cluster" && -n "$definition" && -n "$container" ]] || fail "$settings is not what \`terraform output -json\` prints of a task"
  network="$(read_json "$settings" 'JSON.stringify({ awsvpcConfiguration: { subnets: it.subnets, securityGroups: it.security_groups, assignPublicIp: "DISABLED" } })')"

  said="$work/said"
  aws ecs run-task --cluster "$cluster" --task-definition "$definition" --launch-type FARGATE --network-configuration "$network" \
    --overrides "$overrides" --started-by "$(basename "$0")" --output json >"$said"
  task="$(read_json "$said" 'it.tasks[0]?.taskArn')"
  [[ -n "$task" ]] || fail "ECS starts no task: $(read_json "$said" 'JSON.stringify(it.failures)')"
  printf '%s runs as %s\n' "$definition" "$task" >&2
  trap 'printf "it runs on; to stop it: aws ecs stop-task --cluster %s --task %s\n" '"$cluster $task"' >&2; exit 130' INT TERM

  log_group="$(read_json "$settings" it.log_group)"
  log_stream="$(read_json "$settings" it.log_prefix)/$container/${task##*/}"
  log_read=""
  until=$((SECONDS + WAIT_MINUTES * 60))
  while :; do
    aws ecs describe-tasks --cluster "$cluster" --tasks "$task" --output json >"$said"
    [[ "$(read_json "$said" 'it.tasks[0]?.lastStatus')" != STOPPED ]] || break
    print_log
    if ((SECONDS >= until)); then
      aws ecs stop-task --cluster "$cluster" --task "$task" --reason "it took more than $WAIT_MINUTES minutes" --output json >"$said"
      fail "it took more than $WAIT_MINUTES minutes and was stopped"
    fi
    sleep "$PAUSE_SECONDS"
  done
  # The last lines are there a little later.
  sleep "$PAUSE_SECONDS"
  print_log
  [[ -n "$log_read" ]] || printf 'it has logged nothing yet; see %s in the log group %s\n' "$log_stream" "$log_group" >&2
  trap - INT TERM
  code="$(read_json "$said" "it.tasks[0].containers.find((container) => container.name === '$container')?.exitCode")"
  reason="$(read_json "$said" 'it.tasks[0].stoppedReason')"
}

# What was logged since it was asked last; $log_read is where that ended. There is no log until the first line.
print_log() {
  local page="$work/log" before
  while :; do
    aws logs get-log-events --log-group-name "$log_group" --log-stream-name "$log_stream" --start-from-head \
      ${log_read:+--next-token "$log_read"} --output json >"$page" 2>"$work/no-log" || { tell_unless_absent && return 0; }
    node -e 'for (const event of JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).events) console.log(event.message)' "$page"
    before="$log_read"
    log_read="$(read_json "$page" it.nextForwardToken)"
    # At its end the log gives back the place that it was asked for.
    [[ "$log_read" != "$before" ]] || return 0
  done
}

tell_unless_absent() { grep --quiet ResourceNotFoundException "$work/no-log" || cat "$work/no-log" >&2; }

work="$(mktemp --directory)"
trap 'rm -rf "$work"' EXIT
