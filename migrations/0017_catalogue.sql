-- The shop window: categories, talents with their terms, and those who want to become one.
create schema catalogue;

create extension if not exists unaccent;

-- How people type: small letters, no accents. `unaccent` itself is only stable, because its dictionary could be
-- replaced; whoever does that rebuilds the columns below.
create function catalogue.plain(words text) returns text
    language sql immutable strict parallel safe
    return lower(public.unaccent('public.unaccent'::regdictionary, words));

-- What somebody looks for: each word as it is, the last one as far as it was typed. Null: no word at all.
create function catalogue.words(typed text) returns tsquery
    language sql immutable strict parallel safe
    return (nullif(plainto_tsquery('simple', catalogue.plain(typed))::text, '') || ':*')::tsquery;

-- A shelf of the shop window.
create table catalogue.category (
    slug text primary key check (slug ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
    position integer not null check (position >= 0),
    name_pt_br text not null check (length(name_pt_br) between 1 and 100),
    name_en text not null check (length(name_en) between 1 and 100),
    constraint category_position unique (position) deferrable initially deferred
);

insert into catalogue.category (slug, position, name_pt_br, name_en) values
    ('youtubers', 0, 'Youtubers', 'YouTubers'),
    ('influencers', 1, 'Influencers', 'Influencers'),
    ('actors', 2, 'Atores', 'Actors'),
    ('comedians', 3, 'Comediantes', 'Comedians'),
    ('voice_actors', 4, 'Dubladores', 'Voice actors'),
    ('athletes', 5, 'Atletas', 'Athletes'),
    ('musicians', 6, 'Músicos', 'Musicians'),
    ('presenters', 7, 'Apresentadores', 'Presenters'),
    ('politicians', 8, 'Políticos', 'Politicians'),
    ('charity', 9, 'Caridade', 'Charity'),
    ('pro_players', 10, 'Pro players', 'Pro players');

-- A person who makes videos to order. Who has a row was accepted.
create table catalogue.talent (
    id uuid primary key,
    person_id uuid not null references accounts.person,
    -- As the public knows them.
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 5000),
    price_minor bigint check (price_minor between 1 and 9007199254740991),
    currency text check (currency ~ '^[A-Z]{3}$'),
    available boolean not null default false,
    -- Orders a week. None: as many as come.
    weekly_capacity integer check (weekly_capacity between 1 and 1000),
    delivery_days integer not null default 5 check (delivery_days between 1 and 14),
    network text not null,
    handle text not null check (length(handle) between 1 and 80),
    followers bigint not null check (followers >= 0),
    phone text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    presentation_video_id uuid,
    created_at timestamptz not null,
    plain_name text not null generated always as (catalogue.plain(name)) stored,
    search tsvector not null generated always as (
        setweight(to_tsvector('simple', catalogue.plain(name)), 'A')
        || setweight(to_tsvector('simple', catalogue.plain(description)), 'B')
    ) stored,
    constraint talent_person unique (person_id),
    check ((price_minor is null) = (currency is null))
);

-- The public sees only who has a price: by what it sorts, and by what it searches.
create index talent_newest on catalogue.talent (id) where price_minor is not null;
create index talent_price on catalogue.talent (currency, price_minor, id) where price_minor is not null;
create index talent_name on catalogue.talent (plain_name collate "C", id) where price_minor is not null;
create index talent_search on catalogue.talent using gin (search);
create index talent_plain_name on catalogue.talent using gin (plain_name gin_trgm_ops);

comment on column catalogue.talent.name is 'pii: what a talent is called';
comment on column catalogue.talent.description is 'pii: what a talent says of themselves';
comment on column catalogue.talent.handle is 'pii: what a talent is called elsewhere';
comment on column catalogue.talent.phone is 'pii: by which we reach a talent';
comment on column catalogue.talent.plain_name is 'pii: what a talent is called, for searching';
comment on column catalogue.talent.search is 'pii: what a talent says of themselves, for searching';

create table catalogue.talent_category (
    talent_id uuid not null references catalogue.talent on delete cascade,
    -- Named, because a category that talents have cannot go.
    category text not null constraint talent_category_category references catalogue.category,
    primary key (talent_id, category)
);

create index talent_category_talents on catalogue.talent_category (category, talent_id);

-- Every price that somebody ever had.
create table catalogue.price (
    id uuid primary key,
    talent_id uuid not null references catalogue.talent,
    price_minor bigint not null,
    currency text not null,
    -- None: it was the first.
    before_minor bigint,
    before_currency text,
    -- Who set it, as in the audit log.
    principal_id text not null,
    principal_name text not null,
    at timestamptz not null,
    check ((before_minor is null) = (before_currency is null))
);

create index price_talent on catalogue.price (talent_id, id);

comment on column catalogue.price.principal_name is 'pii: what whoever set a price is called';

-- Who wants to become a talent, until staff has decided.
create table catalogue.application (
    id uuid primary key,
    email text not null check (email ~ '^[!-~]{3,254}$'),
    name text not null check (length(name) between 1 and 100),
    locale text not null check (locale in ('pt-BR', 'en')),
    phone text not null check (phone ~ '^\+[1-9][0-9]{7,14}$'),
    network text not null,
    handle text not null check (length(handle) between 1 and 80),
    followers bigint not null check (followers >= 0),
    message text not null check (length(message) <= 2000),
    -- Asked: staff has a question, and the applicant is to answer.
    status text not null default 'open' check (status in ('open', 'asked', 'accepted', 'rejected')),
    created_at timestamptz not null,
    -- The last question, and its answer.
    question text check (length(question) between 1 and 2000),
    answer text check (length(answer) between 1 and 2000),
    -- Of the link by which the applicant answers.
    answer_sha256 bytea check (octet_length(answer_sha256) = 32),
    -- Told to who is rejected.
    reason text check (length(reason) between 1 and 2000),
    -- Who decided, as in the audit log.
    decided_by text,
    decided_by_name text,
    decided_at timestamptz,
    talent_id uuid references catalogue.talent,
    check ((status = 'asked') = (answer_sha256 is not null)),
    check ((status in ('accepted', 'rejected')) = (decided_at is not null)),
    check ((status = 'accepted') = (talent_id is not null)),
    check ((status = 'rejected') = (reason is not null))
);

-- Nobody waits twice.
create unique index application_waiting on catalogue.application (lower(email)) where status in ('open', 'asked');
create index application_status on catalogue.application (status, id);
create index application_email on catalogue.application (lower(email), id);

comment on column catalogue.application.email is 'pii: where an applicant is written to';
comment on column catalogue.application.name is 'pii: what an applicant is called';
comment on column catalogue.application.phone is 'pii: by which we reach an applicant';
comment on column catalogue.application.handle is 'pii: what an applicant is called elsewhere';
comment on column catalogue.application.message is 'pii: what an applicant says of themselves';
comment on column catalogue.application.question is 'pii: what staff asked an applicant';
comment on column catalogue.application.answer is 'pii: what an applicant says of themselves';
comment on column catalogue.application.reason is 'pii: what staff told an applicant';
comment on column catalogue.application.decided_by_name is 'pii: what whoever decided is called';
