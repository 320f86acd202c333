#!/usr/bin/env bash
# The command line of an environment that runs on AWS: `marquee VERB…`, as a task with the worker's rights, settings and
# network. Prints what it prints, and ends with its exit code.
#
#   deploy/marquee.sh production doctor
#   deploy/marquee.sh production jobs list --status dead
#   deploy/marquee.sh --forget staging keys create --name bounces --permissions mail.manage
#
# What it prints is kept in the log of the worker, and what it is told in CloudTrail: give it no secret. --forget removes
# its log once it was printed, for verbs that show a secret. It has no keyboard and no files of yours.
#
# Asks Terraform's state where that is, and AWS by its own program: both must be signed in. Who may: ecs:RunTask,
# ecs:DescribeTasks, ecs:StopTask, iam:PassRole of the task's two roles, logs:GetLogEvents and, to forget,
# logs:DeleteLogStream. WAIT_MINUTES says for how long it may run (60), PAUSE_SECONDS how often it is asked for (10).
# Exit codes besides its own: 1, it was not run to its end; 64, asked wrongly; 130, you did not wait for it.
# shellcheck source=deploy/task.sh
source "$(dirname "$0")/task.sh"
[[ "${1:-}" != --help ]] || help
cd "$(dirname "$0")/.."

forget=""
if [[ "${1:-}" == --forget ]]; then forget=yes && shift; fi
(($# >= 2)) || usage "say where and what: deploy/marquee.sh ENVIRONMENT VERB…"
environment="$1"
shift

terraform_output "$environment" command "$work/settings"
overrides="$(node -p 'JSON.stringify({ containerOverrides: [{ name: "marquee", command: process.argv.slice(1) }] })' -- "$@")"
run_task "$work/settings" "$overrides"
if [[ -n "$forget" ]]; then
  aws logs delete-log-stream --log-group-name "$log_group" --log-stream-name "$log_stream" ||
    fail "its log is still there: delete $log_stream in the log group $log_group"
fi
[[ -n "$code" ]] || fail "it has no exit code: $reason"
exit "$code"
