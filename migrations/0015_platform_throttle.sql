-- How much each caller has asked for lately: the time at which their allowance is whole again (GCRA).
create table platform.throttle (
    -- Of what is counted and of whom: no address is kept.
    key_sha256 bytea primary key check (octet_length(key_sha256) = 32),
    whole_at timestamptz not null
);

create index throttle_whole on platform.throttle (whole_at);
