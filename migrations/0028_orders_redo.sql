-- What customers want made once more, beside an order that was delivered.
create table orders.redo (
    id uuid primary key,
    order_id uuid not null references orders.purchase,
    -- Why, in the words of the customer.
    reason text not null check (length(reason) between 1 and 500),
    status text not null default 'asked' check (status in ('asked', 'agreed', 'declined', 'done')),
    -- What staff says to it; the customer reads it.
    answer text check (length(answer) between 1 and 500),
    -- Who decided, as in the audit log.
    principal_id text,
    -- What the talent is sending, or has sent, instead.
    upload_id uuid unique,
    asked_at timestamptz not null,
    decided_at timestamptz,
    done_at timestamptz,
    check ((status = 'asked') = (decided_at is null)),
    check ((status = 'done') = (done_at is not null))
);

-- One at a time.
create unique index redo_waiting on orders.redo (order_id) where status in ('asked', 'agreed');
create index redo_order on orders.redo (order_id, id);
create index redo_status on orders.redo (status, id);

comment on column orders.redo.reason is 'pii: what a customer says of a video';
comment on column orders.redo.answer is 'pii: what staff says to a customer';
