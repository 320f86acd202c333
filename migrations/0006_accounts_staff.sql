-- People, and what each may do where; keys that belong to one, and that are for some brands only.
create table accounts.staff (
    id uuid primary key,
    email text not null check (email ~ '^[!-~]{3,254}$'),
    name text not null check (length(name) between 1 and 100),
    created_at timestamptz not null,
    -- From then on none of their keys opens anything.
    suspended_at timestamptz
);

create unique index staff_email on accounts.staff (lower(email));

comment on column accounts.staff.email is 'pii: where a member of the staff is written to';
comment on column accounts.staff.name is 'pii: what a member of the staff is called';

create table accounts.staff_grant (
    staff uuid not null references accounts.staff,
    permission text not null,
    -- None: every brand, and what belongs to none.
    brand text check (brand ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    constraint staff_grant_once unique nulls not distinct (staff, permission, brand)
);

create index staff_grant_brand on accounts.staff_grant (brand, staff);

-- `[{"permission":…,"brand":…}]`
create function accounts.grants_of(person uuid) returns jsonb
language sql stable
return (
    select coalesce(jsonb_agg(jsonb_build_object('permission', permission, 'brand', brand)), '[]')
    from accounts.staff_grant
    where staff = person
);

alter table accounts.api_key
    -- None: the key is nobody's, and permits what it says; else no more than its owner may at that moment.
    add column staff_id uuid references accounts.staff,
    -- None: every brand.
    add column brands text[] check (brands <> '{}');

create index api_key_staff on accounts.api_key (staff_id, id);

comment on column platform.audit.principal_name is 'pii: what the person who acted was called then';
comment on column platform.audit.before is 'pii: of staff, e-mail address and name';
comment on column platform.audit.after is 'pii: of staff, e-mail address and name';
