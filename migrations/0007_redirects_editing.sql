-- Editing by hand: brands retire, a draft names its editor for people, and rules are found by what they say.

alter table redirects.brand add column retired_at timestamptz;

comment on column redirects.brand.retired_at is 'since when nobody may change or publish it, and none of it is live';

alter table redirects.draft add column editor_name text not null default '';

comment on column redirects.draft.editor_name is 'of edited_by, as it was called then';

-- Searched by content. A jsonb has no NUL; a rule that had one says so by the character that stands for such.
alter table redirects.draft_rule
    alter column rule type jsonb using replace(rule::text, '\u0000', '\ufffd')::jsonb;

-- The first and the last ZIP of `02108`, `021*` or `10001-10099`.
create function redirects.zip_first(clause text) returns text language sql immutable as $$
    select case when right(clause, 1) = '*' then left(clause, 3) || '00' else left(clause, 5) end
$$;
create function redirects.zip_last(clause text) returns text language sql immutable as $$
    select case when right(clause, 1) = '*' then left(clause, 3) || '99' else right(clause, 5) end
$$;

alter table redirects.publication
    drop constraint publication_action_check,
    add constraint publication_action_check
        check (action in ('publish', 'rollback', 'canary', 'promote', 'abort', 'mode', 'retire'));
