#!/usr/bin/env bash
# Versions of the Worker: uploaded, shown to more and more visitors while it is tried, and taken back.
#
#   deploy/worker.sh upload ENVIRONMENT SETTINGS VERSION GIT_SHA    prints the ids of both Workers' versions as JSON
#   deploy/worker.sh rollout ENVIRONMENT ID BUILD                   5, 25, 100 % of visitors; back to the old one if it fails
#   deploy/worker.sh replace ENVIRONMENT-logs ID                    of the Worker that visitors never meet: all at once
#   deploy/worker.sh rollback ENVIRONMENT                           to the version before, at once
#
# ENVIRONMENT is one of wrangler.toml's, SETTINGS the file that `terraform output -json worker` made, BUILD what /healthz of
# the new version says. Cloudflare is asked by wrangler, with CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.
#
# A rollout also takes:
#   SMOKE_URL          where a version may be chosen by a header, https://smoke.acme.example (module edge, smoke_host)
#   PUBLIC_URLS        where it may not, separated by blanks: https://go.acme.example https://www.globex.example/go
#   SMOKE_PATHS        what must be redirected, separated by blanks: /go/acme/auto?zip=10001
#   HOLD_SECONDS       how long each share is watched (300)
#   PATIENCE_SECONDS   how long an answer may be wrong before that counts: a deployment takes seconds to be everywhere (60)
#   PAUSE_SECONDS      between two tries (5)
#   ANSWER_SECONDS     within which there must be an answer at all (10)
# WRANGLER names another wrangler than the pinned one.
#
# Exit codes: 1, it failed and visitors have the old version; 3, it failed and nobody knows which they have; 64, asked wrongly.
# shellcheck disable=SC2016  # what node is given is JavaScript
set -euo pipefail
shopt -s inherit_errexit
if [[ "${1:-}" == --help ]]; then sed -n '2,/^# shellcheck/ { /^# shellcheck/d; s/^# \{0,1\}//; p; }' "$0" && exit 0; fi
cd "$(dirname "$0")/.."

export WRANGLER_SEND_METRICS=false WRANGLER_HIDE_BANNER=true
readonly PAUSE_SECONDS="${PAUSE_SECONDS:-5}" ANSWER_SECONDS="${ANSWER_SECONDS:-10}"
readonly OVERRIDE="Cloudflare-Workers-Version-Overrides"

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*" && exit 1; }
usage() { say "$1; see deploy/worker.sh --help" && exit 64; }
wrangler() { "${WRANGLER:-node_modules/.bin/wrangler}" "$@"; }

is_id() { [[ "$1" =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]]; }

# --- what is deployed ---

# Deployments of an environment, newest last, each a line of `id@percentage …`.
deployments() {
  local listed
  listed="$(wrangler deployments list --json --env "$1")" || return 1
  node -e '
    const deployments = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    for (const { versions } of deployments) {
      console.log(versions.map((version) => `${version.version_id}@${version.percentage}`).join(" "));
    }' <<<"$listed"
}

# deploy ENVIRONMENT MESSAGE ID@PERCENTAGE…
deploy() {
  local environment="$1" message="$2"
  shift 2
  say "$environment: $*"
  wrangler versions deploy "$@" --env "$environment" --message "$message" --yes >&2
}

# Who answers most visitors besides `$2`; nothing where nobody else does.
mostly_besides() {
  local best="" most=0 share version
  for version in $1; do
    share="${version#*@}" && share="${share%.*}"
    if [[ "${version%@*}" != "$2" ]] && ((share > most)); then
      best="${version%@*}" && most="$share"
    fi
  done
  printf '%s' "$best"
}

# --- trying it ---

# ask URL [HEADER]: what is answered in $body, and in $status the number and where it leads.
ask() {
  local url="$1" header="${2:-}" answer
  local -a with=()
  [[ -z "$header" ]] || with=(--header "$header")
  answer="$(curl --silent --show-error --max-time "$ANSWER_SECONDS" --write-out '\n%{http_code} %{redirect_url}' ${with[@]+"${with[@]}"} "$url")" || return 1
  body="${answer%$'\n'*}"
  status="${answer##*$'\n'}"
}

# answers_as BUILD [HEADER]: whether what answers is this build and redirects. Says what is wrong in $wrong.
answers_as() {
  local build="$1" header="${2:-}" path found status="" body=""
  ask "$SMOKE_URL/healthz" "$header" || { wrong="$SMOKE_URL/healthz cannot be reached" && return 1; }
  [[ "${status%% *}" == 200 ]] || { wrong="/healthz answers ${status%% *}: $body" && return 1; }
  found="$(node -e 'console.log(JSON.parse(require("node:fs").readFileSync(0, "utf8")).build)' <<<"$body" 2>/dev/null)" ||
    { wrong="/healthz answers no JSON: $body" && return 1; }
  [[ "$found" == "$build" ]] || { wrong="/healthz is of the build $found and not $build" && return 1; }
  for path in ${SMOKE_PATHS:-}; do
    ask "$SMOKE_URL$path" "$header" || { wrong="$path cannot be reached" && return 1; }
    [[ "$status" == "302 https://"* ]] || { wrong="$path is not redirected, but answers $status" && return 1; }
  done
}

# Tries until it is right, for as long as patience goes.
smoke() {
  local until=$((SECONDS + PATIENCE_SECONDS)) wrong=""
  until answers_as "$@"; do
    if ((SECONDS >= until)); then
      say "smoke test: $wrong"
      return 1
    fi
    sleep "$PAUSE_SECONDS"
  done
}

# A share is watched: all of what is tried must be right, again and again.
watch() {
  local until=$((SECONDS + HOLD_SECONDS))
  while :; do
    smoke "$@" || return 1
    ((SECONDS < until)) || return 0
    sleep "$PAUSE_SECONDS"
  done
}

# Else anybody could choose a version that nobody should see yet: no host and no path of a brand's site may let them.
public_cannot_choose() {
  local header="$1" url status="" body=""
  for url in $PUBLIC_URLS; do
    ask "$url/healthz" "$header" || fail "$url cannot be reached"
    [[ "${status%% *}" == 403 ]] ||
      fail "$url lets the public choose a version by $OVERRIDE (it answers ${status%% *}): is terraform/modules/edge applied to its zone? Where others manage the zone's rules, they must block what the output by_hand of Terraform says"
  done
}

# --- commands ---

give_back() {
  trap - EXIT
  trap '' INT TERM
  [[ "$1" != 0 ]] || exit 0
  say "the rollout failed: back to $old"
  if deploy "$environment" "rolled back from $new" "$old@100%" && [[ "$(deployments "$environment" | tail -n 1)" == "$old@100" ]]; then
    say "$environment is answered by $old again"
    exit 1
  fi
  say "and so did the way back. By hand: wrangler versions deploy $old@100% --env $environment --yes"
  exit 3
}

rollout() {
  environment="$1" new="$2"
  local build="$3" live header share
  is_id "$new" || usage "\`$new\` is no version's id"
  : "${SMOKE_URL:?say where versions may be tried}" "${PUBLIC_URLS:?say where the public comes by}"
  : "${HOLD_SECONDS:=300}" "${PATIENCE_SECONDS:=60}"
  live="$(deployments "$environment" | tail -n 1)" || fail "wrangler does not say what is deployed"
  old="$(mostly_besides "$live" "$new")"
  if [[ -z "$old" ]]; then
    [[ "$live" == "$new@100" ]] || fail "nothing is deployed yet: \`wrangler deploy --env $environment\` makes the Worker (terraform/README.md)"
    say "$environment has $new already"
    smoke "$build" || fail "and it does not answer as it should: deploy/worker.sh rollback $environment"
    return 0
  fi
  header="$OVERRIDE: marquee-edge-$environment=\"$new\""

  trap 'give_back $?' EXIT
  trap 'exit 130' INT TERM
  # To nobody but the smoke test.
  deploy "$environment" "$build: tried" "$old@100%" "$new@0%"
  public_cannot_choose "$header"
  smoke "$build" "$header"
  for share in 5 25; do
    deploy "$environment" "$build: $share %" "$old@$((100 - share))%" "$new@$share%"
    watch "$build" "$header"
  done
  deploy "$environment" "$build" "$new@100%"
  watch "$build"
  trap - EXIT INT TERM
  say "$environment is answered by $new"
}

replace() {
  is_id "$2" || usage "\`$2\` is no version's id"
  [[ "$1" == *-logs ]] || usage "$1 answers visitors: roll it out"
  deploy "$1" "all at once" "$2@100%"
  # Which queue it consumes is no part of a version.
  wrangler triggers deploy --env "$1" >&2
}

rollback() {
  local history live before
  history="$(deployments "$1")" || fail "wrangler does not say what is deployed"
  live="${history##*$'\n'}"
  # In the midst of a rollout: to who had all visitors last. Else to who had them before.
  before="$(grep --extended-regexp '^[^ ]+@100$' <<<"$history" | grep --invert-match --fixed-strings --line-regexp "$live" | tail -n 1)" ||
    fail "wrangler lists nothing before $live that had all visitors"
  deploy "$1" "rolled back from $live" "${before%@100}@100%"
  say "$1 is answered by ${before%@100}; change release.json as well, or the next deployment brings the other back"
}

# The id that wrangler noted of what it uploaded.
uploaded() {
  node -e '
    const lines = require("node:fs").readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const upload = lines.findLast((line) => line.type === "version-upload");
    if (!upload?.version_id) throw new Error("wrangler noted no version");
    console.log(upload.version_id);'
}

# upload_one ENVIRONMENT MESSAGE NAME:VALUE…
upload_one() {
  local environment="$1" message="$2" notes var
  local -a vars=()
  shift 2
  for var in "$@"; do vars+=(--var "$var"); done
  notes="$(mktemp)"
  WRANGLER_OUTPUT_FILE_PATH="$notes" wrangler versions upload --config wrangler.generated.toml --env "$environment" \
    --tag "${message%% *}" --message "$message" "${vars[@]}" >&2
  uploaded <"$notes"
  rm "$notes"
}

upload() {
  local environment="$1" settings="$2" version="$3" sha="$4" build="$3+${4:0:12}" worker logs
  local -a vars log_vars
  [[ "$sha" =~ ^[0-9a-f]{40}$ ]] || usage "\`$sha\` is no whole commit"
  # wrangler.toml does not know the namespace, which Terraform makes; wrangler takes it from a file only.
  node deploy/wrangler-config.mjs "$environment" "$settings" >wrangler.generated.toml
  mapfile -t vars < <(node deploy/wrangler-config.mjs --vars "$settings")
  mapfile -t log_vars < <(node deploy/wrangler-config.mjs --log-vars "$settings")
  ((${#vars[@]} > 0 && ${#log_vars[@]} > 0)) || fail "$settings is not what \`terraform output -json worker\` prints"
  worker="$(upload_one "$environment" "$version $sha" "BUILD:$build" "${vars[@]}")"
  logs="$(upload_one "$environment-logs" "$version $sha" "BUILD:$build" "${log_vars[@]}")"
  printf '{"worker_version":"%s","log_worker_version":"%s"}\n' "$worker" "$logs"
}

case "${1:-}/$#" in
  upload/5 | rollout/4 | replace/3 | rollback/2) "$@" ;;
  *) usage "asked for \`$*\`" ;;
esac
