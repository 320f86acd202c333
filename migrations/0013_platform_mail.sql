-- Mail that leaves, and addresses that get none.
create table platform.mail (
    id uuid primary key,
    -- What it tells of: with recipient and template it makes one mail, however often it is asked for.
    event text not null check (length(event) between 1 and 200),
    recipient_address text not null check (recipient_address ~ '^[!-~]{3,254}$'),
    recipient_name text not null check (length(recipient_name) <= 100),
    template text not null,
    locale text not null check (locale in ('pt-BR', 'en')),
    -- What the template is filled with, sealed under one of MARQUEE_DATA_KEYS: it may hold links that open something.
    -- Null once the mail is sent or discarded, and a while after it was given up.
    context bytea,
    -- The same at every attempt, so that a receiver knows a repetition.
    message_id text not null,
    status text not null default 'waiting'
        check (status in ('waiting', 'sent', 'refused', 'suppressed', 'dead', 'discarded')),
    attempts integer not null default 0 check (attempts >= 0),
    last_error text,
    created_at timestamptz not null,
    -- When it was sent or given up.
    ended_at timestamptz,
    check ((status = 'waiting') = (ended_at is null)),
    check (status <> 'waiting' or context is not null),
    check (status not in ('sent', 'discarded') or context is null)
);

create unique index mail_once on platform.mail (event, lower(recipient_address), template);
create index mail_status on platform.mail (status, id);
create index mail_recipient on platform.mail (lower(recipient_address), id);
create index mail_ended on platform.mail (ended_at);

comment on column platform.mail.recipient_address is 'pii: whom the mail is for';
comment on column platform.mail.recipient_name is 'pii: what that person is called';
comment on column platform.mail.context is 'pii: sealed; what the mail tells that person';
comment on column platform.mail.last_error is 'pii: a mail server''s answer, which may repeat the address';

create table platform.mail_suppression (
    id uuid primary key,
    address text not null check (address = lower(address) and address ~ '^[!-~]{3,254}$'),
    reason text not null check (reason in ('refused', 'bounced', 'complained', 'staff')),
    -- What the server or the provider said, or why staff did it.
    detail text not null default '' check (length(detail) <= 1000),
    at timestamptz not null,
    constraint mail_suppression_once unique (address)
);

comment on column platform.mail_suppression.address is 'pii: an address that gets no mail';
comment on column platform.mail_suppression.detail is 'pii: a mail server''s answer, which may repeat the address';
