-- Permissions are named as the design has them: `rules.read`, no longer `rules_read`.
update accounts.api_key set permissions = array(
    select case name when 'rules_write' then 'rules.edit' else replace(name, '_', '.') end
    from unnest(permissions) with ordinality as permission (name, place)
    order by place
);
