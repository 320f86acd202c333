-- Agencies that talents belong to, and who gets which share of a sale.
create table catalogue.agency (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    created_at timestamptz not null
);

-- Who acts for an agency.
create table catalogue.agency_manager (
    agency_id uuid not null references catalogue.agency on delete cascade,
    person_id uuid not null references accounts.person,
    primary key (agency_id, person_id)
);

create index agency_manager_person on catalogue.agency_manager (person_id);

alter table catalogue.talent add column agency_id uuid constraint talent_agency references catalogue.agency;

create index talent_members on catalogue.talent (agency_id, id) where agency_id is not null;

-- Every share that was ever set, in basis points; the last of each subject holds.
create table catalogue.share (
    id bigint generated always as identity primary key,
    -- Of every talent without one of their own, of one talent, or of one agency.
    kind text not null check (kind in ('default', 'talent', 'agency')),
    subject_id uuid,
    -- None: the talent has the default again.
    share_bp integer check (share_bp between 0 and 10000),
    -- Who set it, as in the audit log.
    principal_id text not null,
    principal_name text not null,
    at timestamptz not null,
    check ((kind = 'default') = (subject_id is null)),
    check (share_bp is not null or kind = 'talent')
);

create index share_subject on catalogue.share (kind, subject_id, id);

comment on column catalogue.share.principal_name is 'pii: what whoever set a share is called';

insert into catalogue.share (kind, share_bp, principal_id, principal_name, at)
values ('default', 7500, 'system', 'system', now());

-- The shares that hold.
create view catalogue.share_now as
select distinct on (kind, subject_id) kind, subject_id, share_bp
from catalogue.share
order by kind, subject_id, id desc;
