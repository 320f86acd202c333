-- Hits by who was shown what: a brand's canary beside what is live for the others. By the minute, since a canary
-- begins at one and is to be judged within a few. Few rows: a minute of a brand has one for each outcome seen.
create table hits.population (
    at timestamptz not null,
    brand text not null,
    revision integer not null,
    canary boolean not null,
    outcome text not null,
    bot boolean not null,
    hits bigint not null,
    constraint population_once unique (brand, at, revision, canary, outcome, bot),
    constraint population_counts_something check (hits > 0)
) partition by range (at);

create or replace function hits.open_partitions(first date, last date) returns void
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
        perform hits.open_partition('population', today, today + 1, counters);
        perform hits.open_partition('rollup_minute', today, today + 1, counters);
        perform hits.open_partition('rollup_hour', month, (month + interval '1 month')::date, counters);
        perform hits.open_partition('rollup_day', month, (month + interval '1 month')::date, counters);
    end loop;
end $$;
