#!/usr/bin/env bash
# Runs the migration as a task of its own, and waits until it is over. Nothing may be deployed unless this succeeds.
#
#   terraform -chdir=terraform/envs/staging output -json migration >migration.json
#   deploy/migrate.sh migration.json
#
# Asks AWS by its own program, which must be signed in. WAIT_MINUTES says for how long a migration may run (60), PAUSE_SECONDS
# how often it is asked for (10).
# shellcheck source=deploy/task.sh
source "$(dirname "$0")/task.sh"
[[ "${1:-}" != --help ]] || help

settings="${1:-}"
[[ -n "$settings" ]] || usage "say which file has the output \`migration\` of Terraform"
run_task "$settings" '{}'
[[ "$code" == 0 ]] || fail "the migration ended with ${code:-no exit code}: $reason. Nothing else was changed"
printf 'the database is up to date\n' >&2
