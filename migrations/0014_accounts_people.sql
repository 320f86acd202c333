-- People: customers, talents, managers of agencies and staff are one table; what else somebody is, other tables
-- say. With it: passwords, sessions, links that are mailed and used once, and the second factor.
create extension if not exists pg_trgm;

create table accounts.person (
    id uuid primary key,
    email text not null check (email ~ '^[!-~]{3,254}$'),
    name text not null check (length(name) between 1 and 100),
    locale text not null check (locale in ('pt-BR', 'en')),
    -- argon2id, in PHC's format. None: they have yet to choose one.
    password text,
    -- Since when they agree to be written to for other than what they asked for. None: they do not.
    marketing_since timestamptz,
    created_at timestamptz not null,
    -- From then on nothing of theirs opens anything.
    suspended_at timestamptz,
    -- From then on the row says only that there was somebody.
    erased_at timestamptz
);

create unique index person_email on accounts.person (lower(email));
create index person_text on accounts.person using gin ((lower(name) || ' ' || lower(email)) gin_trgm_ops);

comment on column accounts.person.email is 'pii: where a person is written to';
comment on column accounts.person.name is 'pii: what a person is called';
comment on column accounts.person.marketing_since is 'pii: what a person agreed to';

insert into accounts.person (id, email, name, locale, created_at, suspended_at)
select id, email, name, 'en', created_at, suspended_at from accounts.staff;

alter table accounts.staff
    add constraint staff_person foreign key (id) references accounts.person,
    drop column email,
    drop column name,
    drop column suspended_at;

-- Somebody is signed in on some device.
create table accounts.session (
    id uuid primary key,
    person_id uuid not null references accounts.person,
    secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    -- To the minute or so.
    last_used_at timestamptz not null,
    user_agent text not null check (length(user_agent) <= 200),
    -- The network it came from when it began: /24 or /48.
    network cidr
);

create index session_person on accounts.session (person_id, id);
create index session_expires on accounts.session (expires_at);

comment on column accounts.session.user_agent is 'pii: what a person signed in with';
comment on column accounts.session.network is 'pii: where a person signed in';

-- Who wants an account and has yet to prove that the address is theirs. There may be several for one address.
create table accounts.sign_up (
    id uuid primary key,
    email text not null,
    name text not null,
    locale text not null,
    password text not null,
    marketing boolean not null,
    created_at timestamptz not null
);

comment on column accounts.sign_up.email is 'pii: where somebody who signs up is written to; gone after a day';
comment on column accounts.sign_up.name is 'pii: what somebody who signs up is called; gone after a day';

-- Another address for a person, once both it and the old one have agreed.
create table accounts.email_change (
    id uuid primary key,
    person_id uuid not null references accounts.person,
    email text not null,
    old_agreed_at timestamptz,
    new_agreed_at timestamptz,
    created_at timestamptz not null
);

create index email_change_person on accounts.email_change (person_id);

comment on column accounts.email_change.email is 'pii: where a person wants to be written to; gone after a day';

-- What a mailed link may do, once. The secret itself is in the mail only.
create table accounts.link (
    id uuid primary key,
    purpose text not null check (purpose in ('sign_up', 'invitation', 'password', 'email_old', 'email_new')),
    -- Of the sign-up, the person, or the change of address.
    subject_id uuid not null,
    secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create index link_subject on accounts.link (subject_id);
create index link_expires on accounts.link (expires_at);

-- The second factor: time-based one-time passwords (RFC 6238).
create table accounts.totp (
    person_id uuid primary key references accounts.person,
    -- Sealed for `accounts.totp/<person>`.
    secret bytea not null,
    created_at timestamptz not null,
    -- None: it was shown, and no code has proven yet that it was kept.
    confirmed_at timestamptz,
    -- The newest step whose code was taken: none is taken twice.
    step bigint not null default 0,
    -- Of codes for when the device is lost; each is removed as it is used.
    recovery_sha256 bytea[] not null default '{}'
);
