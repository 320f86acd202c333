-- Talents and agencies are paid what they are owed, once a month, by files that go to a bank and come back.
create schema payouts;

-- A month's payout in one currency.
create table payouts.batch (
    id uuid primary key,
    -- Its first day, by the calendar of MARQUEE_ZONE.
    month date not null check (extract(day from month) = 1),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    -- created: frozen, and waits for another person; approved: on its way; settled: every line is paid or rejected.
    status text not null default 'created' check (status in ('created', 'approved', 'settled', 'cancelled')),
    -- Who is owed less waits for another month.
    minimum_minor bigint not null check (minimum_minor > 0),
    created_by text not null,
    created_at timestamptz not null,
    approved_by text,
    approved_at timestamptz,
    settled_at timestamptz,
    cancelled_at timestamptz,
    constraint batch_approved check (
        (approved_by is not null) = (status in ('approved', 'settled'))
        and (approved_at is null) = (approved_by is null)
    ),
    constraint batch_four_eyes check (approved_by <> created_by),
    constraint batch_settled check ((settled_at is not null) = (status = 'settled')),
    constraint batch_cancelled check ((cancelled_at is not null) = (status = 'cancelled'))
);

-- Of two that are made at once one is: what the second would pay is in the first.
create unique index batch_month on payouts.batch (month, currency) where status in ('created', 'approved');
create unique index batch_frozen on payouts.batch (currency) where status = 'created';

-- What one of them gets.
create table payouts.line (
    id uuid primary key,
    batch_id uuid not null references payouts.batch,
    number integer not null check (number > 0),
    talent_id uuid references catalogue.talent,
    agency_id uuid references catalogue.agency,
    -- How many sales they shared in, what came of those, and what was taken back.
    sales integer not null check (sales >= 0),
    gross_minor bigint not null,
    reversed_minor bigint not null,
    amount_minor bigint not null check (amount_minor > 0),
    -- Where to, as it was when the batch was made; sealed for this line.
    details bytea not null,
    status text not null default 'frozen' check (status in ('frozen', 'in_transit', 'paid', 'rejected', 'cancelled')),
    -- Why the bank rejected it.
    reason text check (length(reason) between 1 and 500),
    settled_at timestamptz,
    constraint line_once unique (batch_id, number),
    constraint line_payee check (num_nonnulls(talent_id, agency_id) = 1),
    constraint line_sum check (amount_minor = gross_minor - reversed_minor),
    constraint line_settled check ((settled_at is not null) = (status in ('paid', 'rejected')))
);

create unique index line_talent on payouts.line (batch_id, talent_id) where talent_id is not null;
create unique index line_agency on payouts.line (batch_id, agency_id) where agency_id is not null;
create index line_of_talent on payouts.line (talent_id, id) where talent_id is not null;
create index line_of_agency on payouts.line (agency_id, id) where agency_id is not null;

comment on column payouts.line.details is 'pii: sealed; the account that a payee is paid out to, and whose it is';

-- Which entries of the ledger a line pays: they come to its amount.
create table payouts.item (
    line_id uuid not null references payouts.line,
    entry_id uuid not null references ledger.entry,
    -- The line was rejected or cancelled: another may pay it.
    released boolean not null default false,
    primary key (line_id, entry_id)
);

create unique index item_once on payouts.item (entry_id) where not released;

-- A file that went out, as it went out.
create table payouts.file (
    id uuid primary key,
    batch_id uuid not null references payouts.batch,
    format text not null check (format in ('full', 'compatible')),
    locale text not null check (locale in ('pt-BR', 'en')),
    sha256 bytea not null check (octet_length(sha256) = 32),
    -- Sealed for this file.
    content bytea not null,
    created_by text not null,
    created_at timestamptz not null,
    constraint file_once unique (batch_id, format, locale)
);

comment on column payouts.file.content is 'pii: sealed; the accounts that payees are paid out to, and whose they are';

-- A file that came in, and what came of it.
create table payouts.result (
    id uuid primary key,
    batch_id uuid not null references payouts.batch,
    sha256 bytea not null check (octet_length(sha256) = 32),
    report jsonb not null,
    imported_by text not null,
    imported_at timestamptz not null,
    constraint result_once unique (batch_id, sha256)
);
