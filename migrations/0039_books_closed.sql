-- A month whose books were proven right is closed: nothing is posted into it any more.

-- Until when; the newest counts.
create table ledger.closed (
    until timestamptz primary key,
    closed_at timestamptz not null
);

create trigger closed_append_only before update or delete or truncate on ledger.closed
for each statement execute function platform.refuse_change();

-- To when it belongs, where that month was closed by then: it is posted into the first that is open.
alter table ledger.transaction add column belongs_at timestamptz
    constraint belongs_before check (belongs_at < occurred_at);

create index transaction_occurred on ledger.transaction (occurred_at);

-- Whoever posts holds the lock together with others, whoever closes a month alone: so nothing is under way into a month
-- while it is proven.
create function ledger.refuse_closed() returns trigger
language plpgsql as $$
declare
    closed_until timestamptz;
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('ledger closed', 0));
    select max(until) into closed_until from ledger.closed;
    if new.occurred_at < closed_until then
        raise exception 'the books are closed until %, and % is before that', closed_until, new.occurred_at
            using errcode = 'check_violation', constraint = 'month_open';
    end if;
    return new;
end;
$$;

create trigger transaction_in_open_month
before insert on ledger.transaction
for each row execute function ledger.refuse_closed();

-- What a bank said of a line, by which a line is settled: the third that must agree with the line and the ledger.
create table payouts.bank_line (
    line_id uuid primary key references payouts.line,
    -- Of the file; null: from before rows were kept.
    sha256 bytea check (octet_length(sha256) = 32),
    -- Of the file, the heading is 1.
    row_number bigint check (row_number > 1),
    paid boolean not null,
    amount_minor bigint not null check (amount_minor > 0),
    told_at timestamptz not null
);

insert into payouts.bank_line (line_id, paid, amount_minor, told_at)
select id, status = 'paid', amount_minor, settled_at from payouts.line where status in ('paid', 'rejected');

create trigger bank_line_append_only before update or delete or truncate on payouts.bank_line
for each statement execute function platform.refuse_change();

create schema books;

create table books.closed_month (
    -- Its first day, by the calendar of MARQUEE_ZONE, and from when until when it was.
    month date primary key check (extract(day from month) = 1),
    begins_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > begins_at),
    transactions bigint not null check (transactions >= 0),
    entries bigint not null check (entries >= 0),
    -- Of all entries of the month, in their order.
    sha256 bytea not null check (octet_length(sha256) = 32),
    -- What the accounts came to, and what was compared.
    proof jsonb not null,
    -- As the audit log has it.
    closed_by text not null,
    closed_at timestamptz not null
);

create trigger closed_month_append_only before update or delete or truncate on books.closed_month
for each statement execute function platform.refuse_change();

-- All that was posted in a time, in one number: whatever is changed, added or gone changes it.
create function books.digest(begins_at timestamptz, ends_at timestamptz)
returns table (transactions bigint, entries bigint, sha256 bytea)
language sql stable as $$
    select
        count(distinct transaction.id), count(*),
        sha256(coalesce(string_agg(sha256(convert_to(concat_ws(
            '|', transaction.id, transaction.kind, reference, cause, told, extract(epoch from occurred_at),
            coalesce(extract(epoch from belongs_at)::text, ''), entry.id, account.kind, coalesce(owner_id::text, ''),
            entry.currency, amount_minor
        ), 'UTF8')), ''::bytea order by transaction.id, entry.id), ''::bytea))
    from ledger.transaction
    join ledger.entry on entry.transaction = transaction.id
    join ledger.account on account.id = entry.account
    where occurred_at >= digest.begins_at and occurred_at < digest.ends_at
$$;
