-- An owner can switch row-level security off, drop policies and grant anything; so can whoever can become the owner.
\ir ../isolation/scope.sql
select 'error', a.ident || '/' || quote_ident(o.rolname),
       case when a.oid = o.oid then format('%s owns %s', a.ident, n.tables) else format('%s can become %I, which owns %s', a.ident, o.rolname, n.tables) end
           || ': it can switch row-level security off',
       coalesce(y.revoke, case when n.number = 1 then format('alter table %s owner to …;  -- and grant %s what it needs', n.tables, a.ident)
                               else format('-- alter table … owner to …; and grant %s what it needs', a.ident) end)
from app_role a
join pg_catalog.pg_roles o on pg_has_role(a.oid, o.oid, 'member')
left join way y on y.role = a.oid and y.target = o.oid
cross join lateral (
    select case when count(*) = 1 then min(i.name) else count(*) || ' tables, such as ' || min(i.name) end as tables, count(*) as number
    from interesting i
    where i.relowner = o.oid
) n
where n.number > 0 and a.named and not a.rolsuper
