-- Talents are reminded of what they have not sent, once.

alter table orders.purchase add column reminded_at timestamptz;

create index purchase_unreminded on orders.purchase (deadline_at) where status = 'open' and reminded_at is null;
