-- The table of the organizations themselves: who can read all of it has the list of the customers.
\ir ../isolation/scope.sql
select distinct 'warning', t.name,
       format('is the table of the organizations (%s refers to it), has no row-level security, and %s may %s: every organization can list the others',
              min(c.name), string_agg(distinct r.role_name, ', '), lower(max(r.privileges))),
       format('alter table %s enable row level security; alter table %s force row level security;  -- and a policy on %I', t.name, t.name, a.attname)
from interesting c
join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[c.attnum] and k.confrelid <> c.oid
join interesting t on t.oid = k.confrelid
join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.confkey[1]
join reach r on r.relation = t.oid
where not t.relrowsecurity and (t.attnum is null or t.attnum = k.confkey[1])
group by t.name, a.attname
