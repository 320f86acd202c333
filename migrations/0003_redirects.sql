-- Redirects: brands, drafts, frozen revisions, what is live, and what the edge's KV should hold.

create schema redirects;

create table redirects.brand (
    code text constraint brand_code_is_free primary key check (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    name text not null check (length(name) between 1 and 120),
    next_rule integer not null default 1 check (next_rule > 0),
    created_at timestamptz not null
);

comment on column redirects.brand.next_rule is
    'the lowest rule number never given out: numbers are per brand and never reused';

-- The hosts of a brand's draft, of its live revision and of its canary. One table, so that no host can
-- belong to two brands whatever the drafts say.
create table redirects.host (
    host text constraint host_belongs_to_one_brand primary key check (host = lower(host) and length(host) <= 253),
    brand text not null references redirects.brand,
    constraint host_of_brand unique (host, brand)
);

create table redirects.draft (
    brand text primary key references redirects.brand,
    version bigint not null default 1 check (version > 0),
    settings json not null,
    edited_by text not null,
    edited_at timestamptz not null
);

comment on column redirects.draft.version is 'rises with every change; the draft''s ETag';

create table redirects.draft_rule (
    brand text not null references redirects.draft,
    number integer not null check (number > 0),
    rule json not null,
    primary key (brand, number)
);

-- Tables and city tables by content. The bytes stay here for as long as a revision needs them; KV forgets
-- those that no manifest has named for a while.
create table redirects.blob (
    sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    kind text not null check (kind in ('table', 'city')),
    bytes bytea not null,
    size_bytes integer not null generated always as (octet_length(bytes)) stored,
    created_at timestamptz not null,
    named_at timestamptz,
    sent_at timestamptz,
    verified_at timestamptz,
    check (sha256 = encode(sha256(bytes), 'hex')),
    check (verified_at is null or sent_at is not null)
);

comment on column redirects.blob.named_at is 'when a manifest last named it';
comment on column redirects.blob.sent_at is 'since when KV may hold it; null: surely not';
comment on column redirects.blob.verified_at is 'when KV was last read and held these bytes';

create table redirects.revision (
    brand text not null references redirects.brand,
    number integer not null check (number > 0),
    settings json not null,
    rules json not null,
    rule_count integer not null check (rule_count >= 0),
    table_sha256 text not null references redirects.blob,
    city_sha256 text references redirects.blob,
    draft_version bigint not null,
    edited_by text not null,
    author text not null,
    note text not null default '' check (length(note) <= 2000),
    created_at timestamptz not null,
    primary key (brand, number),
    constraint one_revision_per_draft_version unique (brand, draft_version)
);

comment on column redirects.revision.edited_by is 'who last edited the draft that was frozen';

create function redirects.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'a revision is immutable';
end
$$;

create trigger revision_is_immutable before update or delete on redirects.revision
    for each row execute function redirects.refuse_change();

-- What every change of the live set was, by the sequence it took.
create table redirects.publication (
    sequence bigint primary key check (sequence > 0),
    brand text not null,
    revision integer not null,
    action text not null check (action in ('publish', 'rollback', 'canary', 'promote', 'abort', 'mode')),
    forced boolean not null default false,
    author text not null,
    note text not null default '' check (length(note) <= 2000),
    created_at timestamptz not null,
    foreign key (brand, revision) references redirects.revision
);

create index publication_of_brand on redirects.publication (brand, sequence desc);

create table redirects.live (
    brand text primary key references redirects.brand,
    revision integer not null,
    mode text not null default 'rules' check (mode in ('rules', 'fallback')),
    canary_revision integer,
    canary_percent smallint check (canary_percent between 1 and 99),
    canary_salt text,
    check (num_nulls(canary_revision, canary_percent, canary_salt) in (0, 3)),
    check (canary_revision <> revision),
    foreign key (brand, revision) references redirects.revision,
    foreign key (brand, canary_revision) references redirects.revision
);

comment on column redirects.live.mode is 'the kill switch; a revision''s own mode counts as well';

-- What KV should hold under `manifest`, and how far it is: one row, the work item of `redirects.sync`.
create table redirects.manifest (
    one boolean primary key default true check (one),
    sequence bigint not null default 0 check (sequence >= 0),
    payload json,
    signed_at timestamptz,
    status text not null default 'synced' check (status in ('synced', 'pending', 'behind')),
    edge_sequence bigint,
    edge_seen_at timestamptz,
    generation bigint not null default 0,
    leased_until timestamptz,
    attempts integer not null default 0,
    last_error text,
    failing_since timestamptz,
    check ((payload is null) = (sequence = 0)),
    check ((payload is null) = (signed_at is null))
);

comment on column redirects.manifest.status is
    'synced: KV held it when last read; pending: KV must be written; behind: KV holds a newer sequence than ours';
comment on column redirects.manifest.generation is
    'rises with every lease: who holds an older one has lost it and may not write';

insert into redirects.manifest default values;
