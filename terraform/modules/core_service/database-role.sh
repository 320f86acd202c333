#!/usr/bin/env bash
# Run inside of a task, as deploy/database-role.sh asks for it: makes the role that DATABASE_URL names and gives it the
# database, by the master's rights. Safe to run again: then it is given the password that DATABASE_URL names by now.
set -euo pipefail

fail() { printf 'error: %s\n' "$*" >&2 && exit 1; }

address='^postgres(ql)?://([a-z_][a-z0-9_]*):([A-Za-z0-9._~-]+)@([^/:@?]+)(:([0-9]+))?/([a-z_][a-z0-9_]*)(\?.*)?$'
[[ "$DATABASE_URL" =~ $address ]] ||
  fail "DATABASE_URL is not postgres://ROLE:PASSWORD@HOST:5432/DATABASE?…, with names of small letters, digits and _, and a password of letters, digits and . _ ~ - (openssl rand -hex 32 makes one)"
role="${BASH_REMATCH[2]}" password="${BASH_REMATCH[3]}"
export PGHOST="${BASH_REMATCH[4]}" PGPORT="${BASH_REMATCH[6]:-5432}" PGDATABASE="${BASH_REMATCH[7]}"
[[ "$role" != "$MASTER_USERNAME" ]] || fail "DATABASE_URL names the master: name a role of the core's own, such as marquee"

# Bash keeps what it passes on to a program here, too.
export TMPDIR="${SCRATCH:-/scratch}"
export PGSSLROOTCERT="$TMPDIR/authority.pem" PGSSLMODE="${SSLMODE:-verify-full}" PGCONNECT_TIMEOUT=20 PGOPTIONS="-c client_min_messages=warning"
printf '%s\n' "$AUTHORITY" >"$PGSSLROOTCERT"

export PGUSER="$MASTER_USERNAME" PGPASSWORD="$MASTER_PASSWORD"
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$role" --set database="$PGDATABASE" <<'SQL'
select format('create role %I login', :'role') where not exists (select from pg_roles where rolname = :'role') \gexec
grant :"role" to current_user;
alter database :"database" owner to :"role";
SQL
# Not by `alter role … password`: Postgres logs statements that change a role, whole. psql sends only what the password is
# checked against. It asks a terminal for it, twice, or reads it where there is none.
printf '%s\n%s\n' "$password" "$password" | setsid --wait psql --no-psqlrc --quiet --command "\\password $role" 2>&1

export PGUSER="$role" PGPASSWORD="$password"
owner="$(psql --no-psqlrc --tuples-only --no-align --command \
  'select pg_get_userbyid(datdba) from pg_database where datname = current_database()')"
[[ "$owner" == "$role" ]] || fail "$PGDATABASE is $owner's"
printf '%s has signed in, and owns %s\n' "$role" "$PGDATABASE"
