-- Hits: every decision of the edge, stored once, counted once, and forgotten on time.

create schema hits;

-- One row per decision. The id is a UUIDv7 made at the edge and `day` is the UTC day in it, so a redelivered hit
-- always meets itself in the same partition: (day, id) is what makes an at-least-once queue count exactly once.
create table hits.hit (
    day date not null,
    id uuid not null,
    at timestamptz not null,
    brand text not null,
    product text not null,
    language text not null,
    device text not null,
    media text,
    zip text,
    zip_known boolean not null,
    state text,
    outcome text not null,
    rule integer,
    variant text,
    revision integer not null,
    canary boolean not null,
    url_sha256 bytea,
    colo text,
    country text,
    bot boolean not null,
    region_mismatch boolean not null,
    ip inet,
    constraint hit_once primary key (day, id),
    constraint hit_day_is_its_own check (day = (at at time zone 'UTC')::date)
) partition by range (day);

comment on column hits.hit.at is 'the time inside the id, to the millisecond';
comment on column hits.hit.ip is 'cut at the edge to /24 or /48';

-- Hits counted per minute, hour and day; grains are kept for different times, so each has its own partitions.
create table hits.rollup (
    grain text not null,
    at timestamptz not null,
    brand text not null,
    product text not null,
    state text,
    rule integer,
    variant text,
    outcome text not null,
    bot boolean not null,
    hits bigint not null,
    last_at timestamptz not null,
    constraint rollup_once unique nulls not distinct (grain, at, brand, product, rule, variant, state, outcome, bot),
    constraint rollup_counts_something check (hits > 0)
) partition by list (grain);

create table hits.rollup_minute partition of hits.rollup for values in ('minute') partition by range (at);
create table hits.rollup_hour partition of hits.rollup for values in ('hour') partition by range (at);
create table hits.rollup_day partition of hits.rollup for values in ('day') partition by range (at);

-- What visitors asked for on a day, without who: enough to replay a day against another rule set.
create table hits.cell (
    day date not null,
    brand text not null,
    product text not null,
    language text not null,
    device text not null,
    media text,
    zip text,
    outcome text not null,
    bot boolean not null,
    hits bigint not null,
    last_at timestamptz not null,
    constraint cell_once unique nulls not distinct (day, brand, zip, product, language, device, media, outcome, bot),
    constraint cell_counts_something check (hits > 0)
) partition by range (day);

create index cell_lost on hits.cell (brand, last_at) where outcome = 'lost';

-- What could not be read or believed. The same bytes are kept once, however often a queue brings them.
create table hits.quarantine (
    sha256 bytea primary key,
    reason text not null,
    detail text not null,
    bytes bytea not null,
    size_bytes bigint not null,
    seen bigint not null default 1,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    constraint quarantine_hashes check (octet_length(sha256) = 32),
    constraint quarantine_is_bounded check (octet_length(bytes) <= 65536 and length(detail) <= 500)
);

comment on column hits.quarantine.bytes is 'as received, cut to 64 KB; size_bytes is the whole';

create index quarantine_newest on hits.quarantine (last_seen_at, sha256);

-- Creates one partition of `parent` for [lower, upper), unless it is there. Attaching an empty table, rather than
-- `create table … partition of`, takes no lock that a running insert would wait for.
create function hits.open_partition(parent text, lower date, upper date, options text) returns void
language plpgsql as $$
declare
    child constant text := parent || '_' || to_char(lower, 'YYYYMMDD');
begin
    if to_regclass('hits.' || child) is not null then
        return;
    end if;
    execute format('create table hits.%I (like hits.%I including all) with (%s)', child, parent, options);
    execute format('alter table hits.%I attach partition hits.%I for values from (%L) to (%L)',
        parent, child, lower || ' 00:00+00', upper || ' 00:00+00');
end $$;

-- Creates what hits of the days from `first` to `last` need. Counters are updated in place, so their pages keep
-- room for the new version of a row, and are vacuumed early.
create function hits.open_partitions(first date, last date) returns void
language plpgsql as $$
declare
    counters constant text := 'fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05';
    today date;
    month date;
begin
    perform pg_advisory_xact_lock(hashtext('hits.open_partitions'));
    for offset_days in 0 .. last - first loop
        today := first + offset_days;
        month := date_trunc('month', today)::date;
        perform hits.open_partition('hit', today, today + 1, 'fillfactor = 100');
        perform hits.open_partition('cell', today, today + 1, counters);
        perform hits.open_partition('rollup_minute', today, today + 1, counters);
        perform hits.open_partition('rollup_hour', month, (month + interval '1 month')::date, counters);
        perform hits.open_partition('rollup_day', month, (month + interval '1 month')::date, counters);
    end loop;
end $$;

-- Drops the partitions of `parent` that begin before `keep_from`, and returns how many. Their names end in their
-- first day. Gives up after two seconds rather than let inserts queue behind a long query.
create function hits.drop_partitions(parent text, keep_from date) returns bigint
language plpgsql set lock_timeout = '2s' as $$
declare
    child text;
    dropped bigint := 0;
begin
    for child in
        select relation.relname
        from pg_inherits
        join pg_class relation on relation.oid = inhrelid
        where inhparent = format('hits.%I', parent)::regclass
            and to_date(right(relation.relname, 8), 'YYYYMMDD') < keep_from
        order by relation.relname
    loop
        execute format('drop table hits.%I', child);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
