-- Beside an order: what is given back of it, and videos that are to be made once more.

create table orders.refund (
    id uuid primary key,
    order_id uuid not null references orders.purchase,
    payment_id uuid not null,
    -- The call of the gateway that does it: how far it is stands there.
    operation_id uuid not null unique,
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null,
    -- In the words of staff, for staff.
    reason text not null check (length(reason) between 1 and 500),
    -- Whether the customer keeps the video even if nothing is left of what they paid.
    keeps_video boolean not null,
    -- Who decided, as in the audit log.
    principal_id text not null,
    created_at timestamptz not null
);

create index refund_order on orders.refund (order_id, id);

comment on column orders.refund.reason is 'pii: what staff says of a customer''s order';

-- How staff finds orders, and what was written about one: its id stands behind the template's name.
create index purchase_deadline on orders.purchase (deadline_at, id) where deadline_at is not null;
create index payment_by_reference on payments.payment (reference);
create index mail_about on platform.mail (split_part(event, '/', 2));
