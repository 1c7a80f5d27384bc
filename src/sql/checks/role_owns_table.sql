-- An owner can switch row-level security off, drop policies and grant anything; so can whoever can become the owner.
\ir ../isolation/scope.sql
select 'error', a.ident || '/' || quote_ident(o.rolname),
       case when a.oid = o.oid then format('%s owns %s', a.ident, n.tables) else format('%s can become %I, which owns %s', a.ident, o.rolname, n.tables) end
           || ': it can switch row-level security off',
       case when a.oid = o.oid
            then format('-- another role owns the tables: alter table … owner to SOME_OWNER; what %s needs is granted to it', a.ident)
            else format('revoke %I from %s;  -- or from the group that leads there', o.rolname, a.ident) end
from app_role a
join pg_catalog.pg_roles o on pg_has_role(a.oid, o.oid, 'member')
cross join lateral (
    select case when count(*) = 1 then min(i.name) else count(*) || ' tables, such as ' || min(i.name) end as tables, count(*) as number
    from interesting i
    where i.relowner = o.oid
) n
where n.number > 0 and not a.rolsuper
