-- Publishing under supervision: each brand's policy, what somebody asked to have published, and how long the edge
-- has had no fresh manifest.

-- A brand without a row has the defaults.
create table redirects.policy (
    brand text primary key references redirects.brand,
    four_eyes boolean not null default false,
    max_changed_percent smallint not null default 20 check (max_changed_percent between 0 and 100),
    canary_min_hits integer not null default 1000 check (canary_min_hits > 0),
    canary_max_lost_points double precision check (canary_max_lost_points between 0 and 100),
    canary_max_fallback_points double precision check (canary_max_fallback_points between 0 and 100),
    canary_auto_abort boolean not null default false,
    changed_at timestamptz not null
);

comment on column redirects.policy.four_eyes is 'nothing is published, and no canary shown, on one person''s word';
comment on column redirects.policy.canary_max_lost_points is
    'percentage points by which the canary''s share of lost visitors may exceed the stable one''s; null: only watch';

-- What a person asked to have published: a frozen revision, so that nothing has to be compiled when its time comes.
create table redirects.request (
    id uuid primary key,
    brand text not null,
    action text not null check (action in ('publish', 'canary')),
    revision integer not null,
    percent smallint check (percent between 1 and 99),
    note text not null check (length(note) <= 2000),
    -- Why another person must approve; an empty list: nobody must.
    reasons jsonb not null,
    compared_with integer,
    run_at timestamptz,
    status text not null check (status in ('pending', 'scheduled', 'done', 'rejected', 'cancelled', 'failed')),
    requested_by text not null,
    approved_by text,
    decided_by text,
    decision text check (length(decision) <= 2000),
    sequence bigint unique references redirects.publication,
    error text,
    created_at timestamptz not null,
    decided_at timestamptz,
    done_at timestamptz,
    check ((action = 'canary') = (percent is not null)),
    check (status <> 'scheduled' or run_at is not null),
    check (sequence is null or status = 'done'),
    check (approved_by is distinct from requested_by or approved_by is null),
    foreign key (brand, revision) references redirects.revision
);

comment on column redirects.request.compared_with is 'what was live then: an approval is of the way from there';
comment on column redirects.request.decided_by is 'who approved, rejected or cancelled';
comment on column redirects.request.decision is 'why it was rejected';

create index request_of_brand on redirects.request (brand, id);
create index request_due on redirects.request (run_at) where status = 'scheduled';

comment on column redirects.publication.forced is 'before there were requests: waved through by one person';

alter table redirects.manifest add column stale_since timestamptz;

comment on column redirects.manifest.stale_since is
    'since when it is told that the edge has no fresh manifest; null: it has, or nobody was told yet';
