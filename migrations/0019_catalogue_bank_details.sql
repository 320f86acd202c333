-- Where talents and agencies are paid out to.

-- So that what is removed and set again never has a version that it had before.
create sequence catalogue.bank_details_version;

create table catalogue.bank_details (
    id uuid primary key,
    -- Whose they are: one of the two.
    talent_id uuid references catalogue.talent,
    agency_id uuid references catalogue.agency,
    version bigint not null default nextval('catalogue.bank_details_version'),
    -- Sealed under one of MARQUEE_DATA_KEYS, for this payee.
    details bytea not null,
    -- A hash of bank, branch and account under a key from MARQUEE_DATA_KEYS, by which equal accounts are found.
    account_hash bytea not null check (octet_length(account_hash) = 32),
    updated_at timestamptz not null,
    check (num_nonnulls(talent_id, agency_id) = 1)
);

create unique index bank_details_talent on catalogue.bank_details (talent_id) where talent_id is not null;
create unique index bank_details_agency on catalogue.bank_details (agency_id) where agency_id is not null;
-- No two talents are paid out to one account, and no two agencies.
create unique index bank_details_talent_account on catalogue.bank_details (account_hash) where talent_id is not null;
create unique index bank_details_agency_account on catalogue.bank_details (account_hash) where agency_id is not null;

comment on column catalogue.bank_details.details is 'pii: sealed; the account that a payee is paid out to, and whose it is';
comment on column catalogue.bank_details.account_hash is 'pii: a keyed hash of the account that a payee is paid out to';

-- Counts changes of a member of the staff, so that nobody overwrites what they have not seen.
alter table accounts.staff add column version bigint not null default 1;
