-- What is in a database, a line for each thing: two that print the same hold the same. For `psql --tuples-only --no-align`.
-- Rows are counted and their hashes added up, so that order does not matter.

select format(
    'select ''rows %1$s.%2$s '' || count(*) || '' '' || coalesce(sum(hashtextextended(whole_row::text, 0)::numeric), 0) from %1$I.%2$I as whole_row',
    nspname, relname)
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'
order by nspname, relname
\gexec

select format('sequence %s.%s %s', schemaname, sequencename, last_value)
from pg_sequences
order by schemaname, sequencename;

select format('column %s.%s.%s %s%s %s', table_schema, table_name, column_name, data_type, case is_nullable when 'NO' then ' not null' end,
    coalesce(column_default, identity_generation, generation_expression))
from information_schema.columns
where table_schema !~ '^pg_' and table_schema <> 'information_schema'
order by table_schema, table_name, column_name;

select format('constraint %s %s %s validated %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid), convalidated)
from pg_constraint
join pg_namespace on pg_namespace.oid = connamespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
order by conrelid::regclass::text, conname;

select format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid)
from pg_index
join pg_class on pg_class.oid = indexrelid
join pg_namespace on pg_namespace.oid = relnamespace
where nspname !~ '^pg_'
order by indexrelid::regclass::text;

select format('trigger %s enabled %s', pg_get_triggerdef(pg_trigger.oid), tgenabled)
from pg_trigger
where not tgisinternal
order by tgrelid::regclass::text, tgname;

select format('function %s', pg_get_functiondef(pg_proc.oid))
from pg_proc
join pg_namespace on pg_namespace.oid = pronamespace
where nspname !~ '^pg_' and nspname <> 'information_schema' and prokind = 'f'
    and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
order by pg_proc.oid::regprocedure::text;

-- Who may do what. An owner who has nothing but their own rights is the same with and without a list of them.
select format('grant %s.%s %s', nspname, relname, (
    select string_agg(format('%s:%s', grantee::regrole, privilege_type), ' ' order by grantee::regrole::text, privilege_type)
    from aclexplode(coalesce(relacl, acldefault('r', relowner)))))
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where relkind in ('r', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema'
order by nspname, relname;

select format('grant %s.%s %s', attrelid::regclass, attname, (
    select string_agg(format('%s:%s', grantee::regrole, privilege_type), ' ' order by grantee::regrole::text, privilege_type)
    from aclexplode(attacl)))
from pg_attribute
where attacl is not null and attrelid >= 16384
order by attrelid::regclass::text, attname;

select format('extension %s %s', extname, extversion) from pg_extension order by extname;
