-- Orders: what a customer wants of a talent, from the quote to the video.

-- How many orders of a week a talent has taken. Weeks begin on Mondays, by MARQUEE_ZONE.
create table catalogue.week (
    talent_id uuid not null references catalogue.talent,
    monday date not null check (extract(isodow from monday) = 1),
    taken integer not null check (taken >= 0),
    primary key (talent_id, monday)
);

create schema orders;

-- A price and its conditions, as they were when somebody asked. Used once.
create table orders.quote (
    id uuid primary key,
    talent_id uuid not null references catalogue.talent,
    -- Null: the talent had none.
    agency_id uuid references catalogue.agency,
    -- What the talent asks for.
    list_minor bigint not null check (list_minor between 1 and 9007199254740991),
    -- What a promotion pays of it.
    discount_minor bigint not null default 0,
    -- Which one. Null: none.
    promotion uuid,
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    talent_bp integer not null check (talent_bp between 0 and 10000),
    agency_bp integer not null check (agency_bp between 0 and 10000),
    delivery_days integer not null check (delivery_days between 1 and 14),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    -- Something is always left to pay.
    constraint quote_discount check (discount_minor >= 0 and discount_minor < list_minor),
    constraint quote_promotion check (discount_minor = 0 or promotion is not null),
    constraint quote_shares check (talent_bp + agency_bp <= 10000)
);

-- Those that nobody used are forgotten.
create index quote_unused on orders.quote (expires_at) where used_at is null;

-- An order; `order` is a word of SQL's own.
create table orders.purchase (
    id uuid primary key,
    quote_id uuid not null unique references orders.quote,
    status text not null check (status in (
        'authorizing', 'action_required', 'declined', 'open', 'delivering', 'payment_due', 'delivered',
        'failed', 'cancelled', 'rejected', 'expired', 'refunded'
    )),
    talent_id uuid not null references catalogue.talent,
    agency_id uuid references catalogue.agency,
    -- Null: a guest.
    customer_id uuid references accounts.person,
    -- Null: the customer was erased.
    email text check (email ~ '^[!-~]{3,254}$'),
    -- In which the customer is written to.
    locale text not null check (locale in ('pt-BR', 'en')),
    for_whom text not null check (for_whom in ('myself', 'someone_else')),
    is_from text not null check (length(is_from) between 1 and 80),
    is_to text not null check (length(is_to) between 1 and 80),
    instruction text not null check (length(instruction) between 1 and 2000),
    occasion text check (length(occasion) between 1 and 80),
    -- In which the talent is to speak.
    language text not null check (language in ('pt-BR', 'en')),
    is_public boolean not null,
    -- As the quote had them.
    list_minor bigint not null check (list_minor > 0),
    discount_minor bigint not null default 0,
    promotion uuid,
    currency text not null,
    talent_bp integer not null,
    agency_bp integer not null,
    delivery_days integer not null,
    -- The week of the talent's in which it counts.
    monday date not null,
    -- By which a customer without an account opens it: SHA-256 of 256 random bits, and these bits sealed under one of
    -- MARQUEE_DATA_KEYS, because each mail to the customer has them.
    secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
    secret bytea not null,
    -- The one that counts; those before it were given up.
    payment_id uuid not null,
    -- Until when the talent may send the video. Null: nothing is held yet.
    deadline_at timestamptz,
    -- When the clock ends the present status. Null: it does not.
    due_at timestamptz,
    -- What the talent is sending, or has sent.
    upload_id uuid,
    placed_at timestamptz not null,
    changed_at timestamptz not null,
    constraint purchase_discount check (discount_minor >= 0 and discount_minor < list_minor),
    constraint purchase_promotion check (discount_minor = 0 or promotion is not null),
    constraint purchase_deadline check (status <> 'open' or deadline_at is not null),
    constraint purchase_video check (
        status not in ('delivering', 'payment_due', 'delivered', 'refunded') or upload_id is not null
    )
);

create index purchase_customer on orders.purchase (customer_id, id) where customer_id is not null;
create index purchase_email on orders.purchase (lower(email), id);
create index purchase_talent on orders.purchase (talent_id, status, deadline_at, id);
create index purchase_agency on orders.purchase (agency_id, id) where agency_id is not null;
create index purchase_status on orders.purchase (status, id);
create index purchase_due on orders.purchase (due_at) where due_at is not null;
create index purchase_upload on orders.purchase (upload_id) where upload_id is not null;

comment on column orders.purchase.email is 'pii: where a customer is written to';
comment on column orders.purchase.is_from is 'pii: what whoever gives a video is called';
comment on column orders.purchase.is_to is 'pii: what whoever gets a video is called';
comment on column orders.purchase.instruction is 'pii: what a video is to say';
comment on column orders.purchase.occasion is 'pii: what a video is for';

-- What happened to an order, one row for each time that its status changed or was confirmed.
create table orders.history (
    id uuid primary key,
    order_id uuid not null references orders.purchase,
    at timestamptz not null,
    event text not null check (event ~ '^[a-z_]{1,40}$'),
    -- Null: it was placed.
    from_status text,
    to_status text not null,
    -- Whose doing it was.
    cause text not null check (cause in ('customer', 'staff', 'talent', 'system', 'payment')),
    -- Who, as in the audit log, where they are known.
    principal_id text,
    -- In the words of who did it, or a code.
    reason text check (length(reason) <= 500),
    payment_id uuid,
    upload_id uuid
);

create index history_order on orders.history (order_id, id);

comment on column orders.history.reason is 'pii: what a talent or a customer says of an order';
