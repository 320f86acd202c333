-- Mechanisms that know no feature: jobs, cron, audit, idempotency.
create schema platform;

-- Work to be done. The queue of graphile_worker only wakes a worker up; what is to be done, by whom it
-- is being done and how often it was tried is decided here.
create table platform.job (
    id uuid primary key,
    name text not null,
    role text not null check (role in ('default', 'mail', 'media', 'ingest', 'cron')),
    -- Jobs of one name and key are one row: at most one waits or runs.
    key text,
    payload jsonb not null,
    status text not null default 'ready' check (status in ('ready', 'leased', 'dead')),
    due_at timestamptz not null,
    leased_until timestamptz,
    -- Raised by every claim. A worker that lost its lease holds an old one and can change nothing.
    generation bigint not null default 0,
    -- Asked for again while it ran: run once more.
    again boolean not null default false,
    attempts integer not null default 0 check (attempts >= 0),
    -- None: it never dies.
    attempts_limit integer check (attempts_limit > 0),
    last_error text,
    created_at timestamptz not null,
    check ((status = 'leased') = (leased_until is not null))
);

create unique index job_name_key on platform.job (name, key) where status in ('ready', 'leased');
create index job_due on platform.job (due_at) where status = 'ready';
create index job_lapsed on platform.job (leased_until) where status = 'leased';
create index job_dead on platform.job (id) where status = 'dead';

-- The last tick each schedule has run: two workers cannot run one tick twice.
create table platform.cron (
    name text primary key,
    tick_at timestamptz not null
);

-- Who did what to whom. Only ever added to.
create table platform.audit (
    id uuid primary key,
    at timestamptz not null,
    principal_id text not null,
    principal_name text not null,
    action text not null,
    subject text not null,
    before jsonb,
    after jsonb
);

create index audit_subject on platform.audit (subject, id);
create index audit_action on platform.audit (action, id);
create index audit_principal on platform.audit (principal_id, id);

create function platform.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% is append only', tg_table_name;
end;
$$;

create trigger audit_append_only
before update or delete or truncate on platform.audit
for each statement execute function platform.refuse_change();

-- A caller's key and the answer it got, written by the command's own transaction.
create table platform.idempotency_key (
    caller text not null,
    key text not null check (key ~ '^[\x21-\x7e]{1,255}$'),
    request_sha256 bytea not null check (octet_length(request_sha256) = 32),
    answer jsonb,
    created_at timestamptz not null,
    primary key (caller, key)
);

create index idempotency_key_created on platform.idempotency_key (created_at);
