-- Promotions: codes that take something off what a customer pays. The platform bears it.
create table orders.promotion (
    id uuid primary key,
    -- What a customer types, large or small.
    code text not null check (code ~ '^[A-Z0-9_-]{3,40}$'),
    -- What it is for, for people to read.
    note text not null default '' check (length(note) <= 500),
    amount_minor bigint check (amount_minor between 1 and 9007199254740991),
    basis_points integer check (basis_points between 1 and 10000),
    -- The most that basis points take off.
    cap_minor bigint check (cap_minor between 1 and 9007199254740991),
    minimum_minor bigint check (minimum_minor between 1 and 9007199254740991),
    -- Of all these amounts. Without one it holds in every currency.
    currency text check (currency ~ '^[A-Z]{3}$'),
    valid_from timestamptz,
    valid_until timestamptz,
    total_uses integer check (total_uses >= 1),
    uses_per_customer integer check (uses_per_customer >= 1),
    talent_id uuid,
    -- A category's slug; one that is removed is nobody's.
    category text,
    -- Orders that have it and did not end unpaid.
    uses integer not null default 0 check (uses >= 0),
    version bigint not null default 1,
    created_at timestamptz not null,
    retired_at timestamptz,
    constraint promotion_talent foreign key (talent_id) references catalogue.talent,
    constraint promotion_within_uses check (uses <= total_uses),
    check (num_nonnulls(amount_minor, basis_points) = 1),
    check (cap_minor is null or basis_points is not null),
    check ((num_nonnulls(amount_minor, cap_minor, minimum_minor) > 0) = (currency is not null)),
    check (valid_from < valid_until)
);

-- Of those in use no two have one code; who looks for a code types it in full.
create unique index promotion_code on orders.promotion (code) where retired_at is null;

-- Which order has which promotion. The row goes when the order ends unpaid.
create table orders.redemption (
    order_id uuid primary key,
    promotion uuid not null references orders.promotion,
    -- A hash of the customer's address in small letters, under a key from MARQUEE_DATA_KEYS: how often somebody had a
    -- promotion is known without knowing who. Null: they were forgotten.
    customer_hash bytea check (octet_length(customer_hash) = 32),
    claimed_at timestamptz not null
);

create index redemption_customer on orders.redemption (customer_hash, promotion);
create index redemption_promotion on orders.redemption (promotion, order_id);

comment on column orders.redemption.customer_hash is 'pii: a keyed hash of the address of whoever used a promotion';
