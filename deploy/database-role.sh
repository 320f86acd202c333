#!/usr/bin/env bash
# Makes the role of Postgres that the environment's DATABASE_URL names, with the password that it names, and gives it the
# database. Once, before the first migration; and again whenever that password was changed.
#
#   deploy/database-role.sh staging
#
# It is a task within the network, which alone may connect, and alone is given the master's password. Asks Terraform's
# state where that is, and AWS by its own program: both must be signed in. WAIT_MINUTES says for how long it may run (60),
# PAUSE_SECONDS how often it is asked for (10).
# shellcheck source=deploy/task.sh
source "$(dirname "$0")/task.sh"
[[ "${1:-}" != --help ]] || help
cd "$(dirname "$0")/.."

(($# == 1)) || usage "say where: deploy/database-role.sh ENVIRONMENT"
terraform_output "$1" database_role "$work/settings"
run_task "$work/settings" '{}'
[[ "$code" == 0 ]] || fail "the role was not made (${code:-no exit code}): $reason"
