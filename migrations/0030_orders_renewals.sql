-- What is held anew without the customer, what disputes cost, and which order a promotion was used for.

-- How somebody pays must be kept at the gateway if the amount may be needed longer than one hold lasts.
alter table payments.payment add column renewable boolean not null default false;
-- By which the gateway knows who pays, where it was to keep that: told when the amount is held anew.
alter table payments.payment add column gateway_customer text
    check (length(gateway_customer) between 1 and 255);

-- What the gateway wants for a dispute, and what of it it has given back. Both only grow.
alter table payments.dispute add column fee_minor bigint not null default 0 check (fee_minor >= 0);
alter table payments.dispute add column fee_returned_minor bigint not null default 0
    check (fee_returned_minor between 0 and fee_minor);

alter table ledger.transaction drop constraint transaction_kind_check;
alter table ledger.transaction add constraint transaction_kind_check check (kind in (
    'capture', 'sale', 'fee', 'fee_returned', 'refund', 'dispute_opened', 'dispute_won', 'dispute_lost',
    'payout_approved', 'payout_paid', 'payout_rejected'
));

alter table orders.redemption add constraint redemption_order foreign key (order_id) references orders.purchase;

-- By which the sandbox knows who pays.
alter table sandbox.payment add column customer text;
