-- The ledger: double entry, in minor units, only ever added to. Debits are positive, credits negative.
create schema ledger;

-- Whose money it is, or what for.
create table ledger.account (
    id uuid primary key,
    kind text not null constraint account_kind check (kind in (
        'gateway', 'customer_funds', 'talent', 'agency', 'platform', 'promo_cost', 'fees', 'dispute_hold',
        'in_transit', 'bank'
    )),
    -- The talent or the agency.
    owner_id uuid,
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz not null,
    check ((kind in ('talent', 'agency')) = (owner_id is not null)),
    constraint account_once unique nulls not distinct (kind, owner_id, currency),
    unique (id, currency)
);

-- One thing that happened to money.
create table ledger.transaction (
    id uuid primary key,
    kind text not null check (kind in (
        'capture', 'sale', 'fee', 'refund', 'dispute_opened', 'dispute_won', 'dispute_lost',
        'payout_approved', 'payout_paid', 'payout_rejected'
    )),
    -- What happened, by name: posted once, however often it is told.
    reference text not null constraint transaction_once unique check (length(reference) between 1 and 200),
    -- Of what: `payment/<id>`, `payout/<id>`. What was taken in for one thing is not given out for another.
    cause text not null check (length(cause) between 1 and 200),
    -- What the ledger was told, by which a repetition is known from another thing of the same name.
    told jsonb not null,
    occurred_at timestamptz not null,
    -- Entries come with their transaction, never later.
    posted_in xid8 not null default pg_current_xact_id()
);

create index transaction_cause on ledger.transaction (cause, id);
create index transaction_kind on ledger.transaction (kind, id desc);

create table ledger.entry (
    id uuid primary key,
    transaction uuid not null references ledger.transaction,
    account uuid not null,
    amount_minor bigint not null check (amount_minor <> 0),
    currency text not null,
    foreign key (account, currency) references ledger.account (id, currency)
);

create index entry_transaction on ledger.entry (transaction);
create index entry_account on ledger.entry (account, id desc);

-- What the entries of an account come to, in parts: an account has as many rows as were ever posted to at once, and
-- its balance is their sum. Whoever posts adds to a row that nobody else holds, or makes another, and so waits for
-- nobody: one row per account would let through one posting at a time, since every sale moves the same few accounts,
-- and two postings that take such rows in different orders would lock each other out.
create table ledger.balance_part (
    id bigint generated always as identity primary key,
    account uuid not null references ledger.account,
    debit_minor bigint not null check (debit_minor >= 0),
    credit_minor bigint not null check (credit_minor >= 0),
    entries bigint not null check (entries > 0)
) with (fillfactor = 50);

create index balance_part_account on ledger.balance_part (account);

create view ledger.balance as
select
    account.id, account.kind, account.owner_id, account.currency,
    coalesce(sum(part.debit_minor), 0)::bigint as debit_minor,
    coalesce(sum(part.credit_minor), 0)::bigint as credit_minor,
    coalesce(sum(part.debit_minor - part.credit_minor), 0)::bigint as balance_minor,
    coalesce(sum(part.entries), 0)::bigint as entries
from ledger.account
left join ledger.balance_part as part on part.account = account.id
group by account.id;

create function ledger.add_to_balances() returns trigger
language plpgsql as $$
declare
    moved record;
    part bigint;
begin
    if exists (
        select from posted
        join ledger.transaction on transaction.id = posted.transaction
        where transaction.posted_in <> pg_current_xact_id()
    ) then
        raise exception 'entries are posted with their transaction, not later'
            using errcode = 'check_violation', constraint = 'entry_in_time';
    end if;
    for moved in
        select
            account,
            coalesce(sum(amount_minor) filter (where amount_minor > 0), 0) as debit_minor,
            coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0) as credit_minor,
            count(*) as entries
        from posted
        group by account
    loop
        select id into part
        from ledger.balance_part
        where account = moved.account
        order by id
        limit 1
        for update skip locked;
        if found then
            update ledger.balance_part set
                debit_minor = debit_minor + moved.debit_minor,
                credit_minor = credit_minor + moved.credit_minor,
                entries = balance_part.entries + moved.entries
            where id = part;
        else
            insert into ledger.balance_part (account, debit_minor, credit_minor, entries)
            values (moved.account, moved.debit_minor, moved.credit_minor, moved.entries);
        end if;
    end loop;
    return null;
end;
$$;

create trigger entry_adds_to_balances
after insert on ledger.entry
referencing new table as posted
for each statement execute function ledger.add_to_balances();

-- Asked when the database transaction commits: then all entries are there.
create function ledger.check_balanced() returns trigger
language plpgsql as $$
declare
    checked uuid;
    entry_count bigint;
    off record;
begin
    if tg_table_name = 'entry' then
        checked := new.transaction;
    else
        checked := new.id;
    end if;
    select count(*) into entry_count from ledger.entry where transaction = checked;
    if entry_count < 2 then
        raise exception 'the transaction % has % entries: it takes two to balance', checked, entry_count
            using errcode = 'check_violation', constraint = 'transaction_has_entries';
    end if;
    select currency, sum(amount_minor) as sum_minor into off
    from ledger.entry
    where transaction = checked
    group by currency
    having sum(amount_minor) <> 0
    limit 1;
    if found then
        raise exception 'the transaction % is off by % %', checked, off.sum_minor, off.currency
            using errcode = 'check_violation', constraint = 'transaction_balances';
    end if;
    return null;
end;
$$;

create constraint trigger transaction_balances
after insert on ledger.transaction deferrable initially deferred
for each row execute function ledger.check_balanced();

create constraint trigger entry_balances
after insert on ledger.entry deferrable initially deferred
for each row execute function ledger.check_balanced();

create trigger account_append_only before update or delete or truncate on ledger.account
for each statement execute function platform.refuse_change();
create trigger transaction_append_only before update or delete or truncate on ledger.transaction
for each statement execute function platform.refuse_change();
create trigger entry_append_only before update or delete or truncate on ledger.entry
for each statement execute function platform.refuse_change();
create trigger balance_part_stays before delete or truncate on ledger.balance_part
for each statement execute function platform.refuse_change();
-- Entries alone move balances.
create trigger balance_part_follows before insert or update on ledger.balance_part
for each statement when (pg_trigger_depth() = 0) execute function platform.refuse_change();

-- Triggers hold for everybody, a superuser included. Grants hold besides, for the owner as well, should a trigger ever
-- be switched off. Foreign keys need to lock the rows they refer to, which takes the right to update some column.
revoke update, delete, truncate on ledger.account, ledger.transaction, ledger.entry from public, current_user;
revoke delete, truncate on ledger.balance_part from public, current_user;
grant update (id) on ledger.account, ledger.transaction to current_user;
