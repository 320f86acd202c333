-- What a person should look at: one row per code and subject until somebody has acknowledged it. No customer is named.
create table platform.alert (
    id uuid primary key,
    code text not null check (code ~ '^[a-z_]+\.[a-z_]+$'),
    severity text not null check (severity in ('warning', 'serious')),
    subject text not null check (length(subject) <= 200),
    -- As it was raised last.
    detail text not null check (length(detail) <= 2000),
    -- Ids of what it was about the last time, by what they name.
    about jsonb not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    count bigint not null check (count > 0),
    acknowledged_at timestamptz,
    acknowledged_by text,
    check (first_at <= last_at),
    check ((acknowledged_at is null) = (acknowledged_by is null))
);

create unique index alert_open on platform.alert (code, subject) where acknowledged_at is null;
create index alert_last on platform.alert (last_at);

-- What each place where people hear of alerts knows of one.
create table platform.alert_told (
    alert_id uuid not null references platform.alert (id) on delete cascade,
    place text not null,
    told_at timestamptz,
    -- Of how many it knows.
    told_count bigint not null default 0 check (told_count >= 0),
    -- Why it could not be told since.
    last_error text,
    primary key (alert_id, place)
);
