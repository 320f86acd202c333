-- Disputes, refunds that a gateway made by itself, and what a gateway and we do not agree on.

-- A customer's bank takes money back, until it is known who is right. Ranks of `status` only rise.
create table payments.dispute (
    id uuid primary key,
    payment uuid not null references payments.payment,
    -- By which the gateway knows it.
    reference text not null check (length(reference) between 1 and 255),
    amount_minor bigint not null check (amount_minor > 0),
    -- In the gateway's words.
    reason text not null check (length(reason) <= 255),
    status text not null check (status in ('opened', 'won', 'lost')),
    -- Until when the gateway takes evidence.
    evidence_due_at timestamptz,
    -- When we heard of it.
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint dispute_once unique (payment, reference),
    check ((status = 'opened') = (closed_at is null))
);

create index dispute_status on payments.dispute (status, id);

-- A refund that was not asked for by us has the gateway's name, and was never sent.
alter table payments.operation add column outside text;
alter table payments.operation add constraint outside_is_a_refund
    check (outside is null or (kind = 'refund' and attempts = 0));
create unique index operation_outside on payments.operation (payment, outside) where outside is not null;

-- What the gateway and we say differently of a payment, until it is so no longer.
create table payments.difference (
    id uuid primary key,
    gateway text not null,
    kind text not null check (kind in ('unknown_to_us', 'unknown_to_gateway', 'status', 'amount', 'fee')),
    -- The gateway's name for the payment, or ours where it has none.
    subject text not null,
    payment uuid references payments.payment,
    detail text not null,
    found_at timestamptz not null,
    -- Last.
    seen_at timestamptz not null,
    settled_at timestamptz
);

create unique index difference_once on payments.difference (gateway, kind, subject) where settled_at is null;
create index payment_begun on payments.payment (gateway, created_at);

-- The sandbox knows when it was asked, disputes by script, and refunds of its own.
alter table sandbox.payment add column created_at timestamptz;
update sandbox.payment set created_at = capture_before - interval '5 days';
alter table sandbox.payment alter column created_at set not null;

create index payment_created on sandbox.payment (created_at, reference);

create table sandbox.dispute (
    reference text primary key,
    payment text not null references sandbox.payment,
    amount_minor bigint not null check (amount_minor > 0),
    status text not null check (status in ('opened', 'won', 'lost')),
    evidence_due_at timestamptz not null,
    -- How it ends, and when.
    ends text check (ends in ('won', 'lost')),
    ends_at timestamptz
);

create index dispute_payment on sandbox.dispute (payment);
create index dispute_ends on sandbox.dispute (ends_at) where ends_at is not null;

-- Made on a page of its own, not by a call.
create table sandbox.refund (
    reference text primary key,
    payment text not null references sandbox.payment,
    amount_minor bigint not null check (amount_minor > 0)
);

create index refund_payment on sandbox.refund (payment);
