-- The table of the organizations themselves: who can read all of it has the list of the customers.
\ir ../isolation/scope.sql
, open as (
    select format('%I.%I', n.nspname, o.relname) as name, quote_ident(a.attname) as column_name, min(c.name) as referring, o.oid, n.oid as schema
    from interesting c
    join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[c.attnum] and k.confrelid <> c.oid
    join pg_catalog.pg_class o on o.oid = k.confrelid and o.oid in (select e.oid from examined_relation e) and not o.relrowsecurity
    join pg_catalog.pg_namespace n on n.oid = o.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = o.oid and a.attnum = k.confkey[1]
    where not exists (select from interesting i where i.oid = o.oid and i.attnum <> k.confkey[1])
      and not exists (select from pg_catalog.pg_policy p where p.polrelid = o.oid)
    group by n.nspname, o.relname, a.attname, o.oid, n.oid
)
select 'warning', o.name,
       format('is the table of the organizations (%s refers to it), has no row-level security, and %s may select: every organization can list the others',
              o.referring, string_agg(a.ident, ', ' order by a.ident)),
       format('alter table %s enable row level security; alter table %s force row level security;  -- and a policy on %s', o.name, o.name, o.column_name)
from open o
join app_role a on not a.rolsuper and has_schema_privilege(a.oid, o.schema, 'usage') and has_any_column_privilege(a.oid, o.oid, 'select')
group by o.name, o.column_name, o.referring
