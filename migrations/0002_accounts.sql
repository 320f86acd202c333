-- Who may use the API. So far: the keys of staff and of their programs.
create schema accounts;

create table accounts.api_key (
    id uuid primary key,
    name text not null check (name <> '' and length(name) <= 100),
    -- Of the 256-bit secret; the secret itself is shown once and never stored.
    secret_sha256 bytea not null check (octet_length(secret_sha256) = 32),
    permissions text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    -- To the minute or so: written when the last note is a minute old.
    last_used_at timestamptz
);
