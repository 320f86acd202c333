-- A hold that lapses before the talent must deliver is held anew, by another payment.

-- The one that is asked for, until it is known what came of it.
alter table orders.purchase add column renewal_id uuid;
