-- Who pays for an order, where a gateway wants to know: the buyer and, if it is another, the holder of the card.
create table orders.payer (
    order_id uuid primary key references orders.purchase,
    -- Name, birth date, tax document and telephone of each, sealed under one of MARQUEE_DATA_KEYS, for this order.
    details bytea not null,
    -- Shredded 90 days later.
    changed_at timestamptz not null
);

create index payer_changed on orders.payer (changed_at);

comment on column orders.payer.details is 'pii: sealed; who pays for an order and whose card it is';

-- Promotions are there by now.
alter table orders.quote add constraint quote_of_promotion foreign key (promotion) references orders.promotion;
alter table orders.purchase add constraint purchase_of_promotion foreign key (promotion) references orders.promotion;
