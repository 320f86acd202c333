-- What a month of all brands, or of a large one, needs: hits by a few columns at a time. A month of the full counts of a
-- hundred brands is millions of rows, and even one brand's lie far apart. Those by brand and by state are kept by the
-- hour and the day, those by rule by the day; what is shorter is counted from the full counts.
create table hits.summary (
    cut text not null,
    grain text not null,
    at timestamptz not null,
    brand text,
    product text not null,
    state text,
    rule integer,
    variant text,
    outcome text not null,
    bot boolean not null,
    hits bigint not null,
    last_at timestamptz not null,
    constraint summary_once unique nulls not distinct (
        cut, grain, brand, at, product, rule, variant, state, outcome, bot
    ),
    constraint summary_is_cut check (case cut
        when 'brand' then brand is not null and num_nonnulls(state, rule, variant) = 0
        when 'state' then num_nonnulls(brand, rule, variant) = 0
        when 'rule' then brand is not null and state is null and grain = 'day'
        else false
    end),
    constraint summary_counts_something check (hits > 0)
) partition by list (cut);

comment on column hits.summary.cut is 'which columns are told, beside product, outcome and bot: brand; state; or brand, rule
    and variant';

-- Each in tables of its own: the few rows of one must not lie among the many of another.
create table hits.summary_brand partition of hits.summary for values in ('brand') partition by list (grain);
create table hits.summary_brand_hour partition of hits.summary_brand for values in ('hour') partition by range (at);
create table hits.summary_brand_day partition of hits.summary_brand for values in ('day') partition by range (at);
create table hits.summary_state partition of hits.summary for values in ('state') partition by list (grain);
create table hits.summary_state_hour partition of hits.summary_state for values in ('hour') partition by range (at);
create table hits.summary_state_day partition of hits.summary_state for values in ('day') partition by range (at);
create table hits.summary_rule partition of hits.summary for values in ('rule') partition by list (grain);
create table hits.summary_rule_day partition of hits.summary_rule for values in ('day') partition by range (at);

create or replace function hits.open_partitions(first date, last date) returns void
language plpgsql as $$
declare
    counters constant text := 'fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05';
    monthly constant text[] := array[
        'rollup_hour', 'rollup_day', 'summary_brand_hour', 'summary_brand_day', 'summary_state_hour',
        'summary_state_day', 'summary_rule_day'
    ];
    today date;
    month date;
    parent text;
begin
    perform pg_advisory_xact_lock(hashtext('hits.open_partitions'));
    for offset_days in 0 .. last - first loop
        today := first + offset_days;
        month := date_trunc('month', today)::date;
        perform hits.open_partition('hit', today, today + 1, 'fillfactor = 100');
        perform hits.open_partition('cell', today, today + 1, counters);
        perform hits.open_partition('population', today, today + 1, counters);
        perform hits.open_partition('rollup_minute', today, today + 1, counters);
        foreach parent in array monthly loop
            perform hits.open_partition(parent, month, (month + interval '1 month')::date, counters);
        end loop;
    end loop;
end $$;

-- The cut of a row that was grouped by these columns; `grouping` is 0 where it was.
create function hits.cut(brand integer, rule integer) returns text
language sql immutable parallel safe as $$
    select case
        when brand = 1 then 'state'
        when rule = 0 then 'rule'
        else 'brand'
    end
$$;

-- What was counted so far. An ingester of the version before knows nothing of summaries: stop it before this runs; the
-- hits wait in their queue meanwhile.
do $$
declare
    counted date;
begin
    for counted in
        select distinct date_trunc('month', at, 'UTC')::date from hits.rollup where grain in ('hour', 'day')
    loop
        perform hits.open_partitions(counted, counted);
    end loop;
end $$;

insert into hits.summary (cut, grain, at, brand, product, state, rule, variant, outcome, bot, hits, last_at)
select
    hits.cut(grouping(brand), grouping(rule)), grain, at, brand, product, state, rule, variant, outcome,
    bot, sum(hits), max(last_at)
from hits.rollup
where grain in ('hour', 'day')
group by grain, at, product, outcome, bot, grouping sets ((brand), (state), (brand, rule, variant))
having grain = 'day' or grouping(rule) = 1;

-- Every count that is kept, by how much it tells apart. Where a summary's columns are enough, it has the same answer
-- in a hundredth of the rows.
create view hits.counted as
select 'full' as cut, grain, at, brand, product, state, rule, variant, outcome, bot, hits, last_at
from hits.rollup
union all
select cut, grain, at, brand, product, state, rule, variant, outcome, bot, hits, last_at
from hits.summary;

-- Lost cells are few and lie far apart, so their index has all that is asked of them.
drop index hits.cell_lost;
create index cell_lost on hits.cell (brand, zip) include (day, product, bot, hits, last_at)
    where outcome = 'lost' and zip is not null;
