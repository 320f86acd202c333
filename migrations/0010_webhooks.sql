-- Webhooks: who is told what happened, and how that went.
create schema webhooks;

create table webhooks.endpoint (
    id uuid primary key,
    brand text not null,
    url text not null check (length(url) <= 2000),
    -- None: every event.
    events text[] not null,
    note text not null default '' check (length(note) <= 2000),
    -- Sealed under one of MARQUEE_DATA_KEYS.
    secret bytea not null,
    -- Signs as well until then, so that a receiver can change over in peace.
    old_secret bytea,
    old_secret_until timestamptz,
    disabled_at timestamptz,
    disabled_by text check (disabled_by in ('person', 'gone', 'failing')),
    -- Since when no delivery has got through; null once one does.
    failing_since timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    check ((old_secret is null) = (old_secret_until is null)),
    check ((disabled_at is null) = (disabled_by is null))
);

create index endpoint_of_brand on webhooks.endpoint (brand, id);

-- One event to one endpoint: the work item of `webhooks.deliver`.
create table webhooks.delivery (
    id uuid primary key,
    endpoint uuid not null references webhooks.endpoint on delete cascade,
    -- The same for every endpoint and every attempt: receivers know a repetition by it.
    message uuid not null,
    event text not null,
    -- The bytes that are signed and sent.
    body text not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0 check (attempts >= 0),
    -- When to try again; null: never.
    due_at timestamptz,
    leased_until timestamptz,
    generation bigint not null default 0,
    created_at timestamptz not null,
    constraint delivery_once unique (endpoint, message),
    check ((status = 'pending') = (due_at is not null))
);

create index delivery_of_endpoint on webhooks.delivery (endpoint, id desc);
create index delivery_due on webhooks.delivery (due_at) where status = 'pending';

create table webhooks.attempt (
    delivery uuid not null references webhooks.delivery on delete cascade,
    number integer not null check (number > 0),
    at timestamptz not null,
    -- Null: no answer came.
    status_code smallint,
    error text,
    -- How the answer began.
    answer text not null default '' check (length(answer) <= 1000),
    latency_ms integer not null check (latency_ms >= 0),
    primary key (delivery, number)
);
