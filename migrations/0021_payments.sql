-- Payments: what customers pay by a gateway, and every call that we make there.
create schema payments;

-- What a gateway is slow at must keep nothing else waiting.
alter table platform.job drop constraint job_role_check;
alter table platform.job add constraint job_role_check
    check (role in ('default', 'mail', 'media', 'ingest', 'cron', 'payments'));

-- Ranks of `status` only rise and totals only grow, so whatever is heard in whatever order comes to the same.
create table payments.payment (
    id uuid primary key,
    order_id uuid not null,
    gateway text not null,
    -- The gateway's token of the card or of another way to pay; never a card.
    method text not null check (length(method) between 1 and 500),
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    status text not null default 'new' check (status in (
        'new', 'action_required', 'declined', 'authorized', 'lapsed', 'voided', 'captured'
    )),
    -- By which the gateway knows it; null until it does.
    reference text,
    authorized_minor bigint not null default 0,
    captured_minor bigint not null default 0,
    refunded_minor bigint not null default 0,
    -- Asked for, and not yet known to be done.
    refunding_minor bigint not null default 0 check (refunding_minor >= 0),
    fee_minor bigint not null default 0 check (fee_minor >= 0),
    -- When the hold lapses by itself.
    capture_before timestamptz,
    -- What the customer must do.
    action jsonb,
    decline_code text,
    -- Nobody wants it any more: void it as soon as it is known what there is.
    abandoned_at timestamptz,
    -- What does not add up, for staff to look at; nothing is believed of the gateway meanwhile.
    held_reason text,
    -- When to look at the gateway again, of our own accord.
    look_at timestamptz,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    constraint payment_reference unique (gateway, reference),
    constraint captured_within_authorized check (captured_minor between 0 and authorized_minor),
    constraint authorized_within_amount check (authorized_minor between 0 and amount_minor),
    constraint refunded_within_captured check (refunded_minor >= 0 and refunded_minor + refunding_minor <= captured_minor)
);

create index payment_order on payments.payment (order_id, id);
create index payment_look on payments.payment (look_at) where look_at is not null;
create index payment_held on payments.payment (id) where held_reason is not null;

-- One call of the gateway: its row is there before the call, and its id is the call's idempotency key.
create table payments.operation (
    id uuid primary key,
    payment uuid not null references payments.payment,
    kind text not null check (kind in ('authorize', 'capture', 'void', 'refund')),
    amount_minor bigint not null check (amount_minor > 0),
    status text not null default 'ready' check (status in (
        'ready', 'sent', 'succeeded', 'refused', 'action_required', 'unknown', 'held'
    )),
    -- How often it was sent.
    attempts integer not null default 0 check (attempts >= 0),
    -- How often it was asked after since.
    asks integer not null default 0 check (asks >= 0),
    -- When to send it, or to ask after it.
    due_at timestamptz,
    -- A call that is not over by then is one of which nobody knows.
    leased_until timestamptz,
    generation bigint not null default 0,
    first_sent_at timestamptz,
    -- Why it was refused or is held.
    code text,
    detail text,
    created_at timestamptz not null,
    settled_at timestamptz,
    check ((status in ('ready', 'unknown')) = (due_at is not null)),
    check ((status = 'sent') = (leased_until is not null)),
    check ((status in ('succeeded', 'refused')) = (settled_at is not null))
);

create index operation_payment on payments.operation (payment, id);
create index operation_due on payments.operation (due_at) where due_at is not null;
create index operation_lapsed on payments.operation (leased_until) where leased_until is not null;
create unique index operation_authorizes_once on payments.operation (payment) where kind = 'authorize';
-- A payment is captured or voided, once; after a refusal it may be tried anew.
create unique index operation_ends_once on payments.operation (payment)
where kind in ('capture', 'void') and status <> 'refused';
-- Nothing is asked of the gateway before it has answered what was asked before; refunds are apart.
create unique index operation_one_at_a_time on payments.operation (payment)
where kind <> 'refund' and status in ('ready', 'sent', 'unknown');

-- What gateways tell us, as it came.
create table payments.notice (
    id uuid primary key,
    gateway text not null,
    -- The gateway's id of it: told again, it is the same.
    event text not null check (length(event) between 1 and 255),
    kind text not null check (length(kind) <= 255),
    -- Which payment it is about, by the gateway's name for it.
    reference text,
    -- Sealed under one of MARQUEE_DATA_KEYS: it may hold anything. Forgotten after 90 days.
    body bytea not null,
    status text not null default 'received' check (status in ('received', 'done', 'parked')),
    attempts integer not null default 0 check (attempts >= 0),
    due_at timestamptz,
    received_at timestamptz not null,
    constraint notice_once unique (gateway, event),
    check ((status = 'received') = (due_at is not null))
);

create index notice_due on payments.notice (due_at) where due_at is not null;
create index notice_received on payments.notice (received_at);

-- The gateway that is built in, for developers and tests: its own books, which payments never reads.
create schema sandbox;

create table sandbox.payment (
    reference text primary key,
    -- Whoever asked for it calls it so.
    caller_reference uuid not null unique,
    method text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null,
    status text not null check (status in (
        'pending', 'action_required', 'authorized', 'capturing', 'captured', 'voided', 'lapsed', 'declined'
    )),
    captured_minor bigint not null default 0 check (captured_minor between 0 and amount_minor),
    refunded_minor bigint not null default 0,
    capture_before timestamptz not null,
    -- When what is pending is done.
    done_at timestamptz,
    decline_code text,
    -- Whether the amount was ever held.
    held boolean not null,
    check (refunded_minor between 0 and captured_minor)
);

-- Calls by their idempotency keys, with what was answered.
create table sandbox.call (
    key uuid primary key,
    -- What was asked: another request under the same key is refused.
    request jsonb not null,
    -- Null: it failed before anything was done.
    answer jsonb,
    refunded_minor bigint not null default 0,
    payment text references sandbox.payment
);

create index call_payment on sandbox.call (payment) where refunded_minor > 0;

-- What it has to tell, until it is told.
create table sandbox.event (
    id uuid primary key,
    payment text not null references sandbox.payment,
    kind text not null,
    made_at timestamptz not null,
    attempts integer not null default 0,
    due_at timestamptz
);

create index event_due on sandbox.event (due_at) where due_at is not null;
