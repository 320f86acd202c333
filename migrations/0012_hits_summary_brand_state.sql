-- Where the visitors of a brand are, by the day: of a large brand, the counts by rule and variant as well are ten times
-- as many rows.
alter table hits.summary drop constraint summary_is_cut;
alter table hits.summary add constraint summary_is_cut check (case cut
    when 'brand' then brand is not null and num_nonnulls(state, rule, variant) = 0
    when 'state' then num_nonnulls(brand, rule, variant) = 0
    when 'brand_state' then brand is not null and num_nonnulls(rule, variant) = 0 and grain = 'day'
    when 'rule' then brand is not null and state is null and grain = 'day'
    else false
end);
comment on column hits.summary.cut is 'which columns are told, beside product, outcome and bot: brand; state; both; or brand,
    rule and variant';

create table hits.summary_brand_state partition of hits.summary for values in ('brand_state') partition by list (grain);
create table hits.summary_brand_state_day partition of hits.summary_brand_state for values in ('day')
    partition by range (at);

create or replace function hits.open_partitions(first date, last date) returns void
language plpgsql as $$
declare
    counters constant text := 'fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05';
    monthly constant text[] := array[
        'rollup_hour', 'rollup_day', 'summary_brand_hour', 'summary_brand_day', 'summary_state_hour',
        'summary_state_day', 'summary_brand_state_day', 'summary_rule_day'
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

-- An ingester of the version before calls the function that is gone: its batches fail, and wait in their queue for one
-- that counts this too.
drop function hits.cut(integer, integer);

-- The cut of a row that was grouped by these columns; `grouping` is 0 where it was. None: not kept by this grain.
create function hits.cut(grain text, brand integer, state integer, rule integer) returns text
language sql immutable parallel safe as $$
    select case
        when brand = 1 then 'state'
        when rule = 0 then case grain when 'day' then 'rule' end
        when state = 0 then case grain when 'day' then 'brand_state' end
        else 'brand'
    end
$$;

do $$
declare
    counted date;
begin
    for counted in
        select distinct date_trunc('month', at, 'UTC')::date from hits.rollup_day
    loop
        perform hits.open_partitions(counted, counted);
    end loop;
end $$;

insert into hits.summary (cut, grain, at, brand, product, state, outcome, bot, hits, last_at)
select 'brand_state', grain, at, brand, product, state, outcome, bot, sum(hits), max(last_at)
from hits.rollup
where grain = 'day'
group by grain, at, brand, product, state, outcome, bot;
