-- A table of many organizations that an application role can reach, without row-level security and without policies: everybody sees everything.
\ir ../isolation/scope.sql
select 'error', t.name,
       format('holds rows of every organization (%s), row-level security is off, and %s', t.column_name,
              string_agg(r.role_name || ' may ' || lower(r.privileges), '; ' order by r.role_name)),
       format('alter table %s enable row level security; alter table %s force row level security;', t.name, t.name)
           || E'\n-- then policies: `daybook protect ' || t.name || '` prints them'
from tenant_table t
join reach r on r.relation = t.oid
where t.relkind in ('r', 'p') and not t.relrowsecurity
  and not exists (select from pg_catalog.pg_policy p where p.polrelid = t.oid)
  -- The table of the organizations themselves has a finding of its own.
  and not exists (select from pg_catalog.pg_constraint k
                  join tenant_table o on o.oid = k.conrelid and k.conkey = array[o.attnum]
                  where k.contype = 'f' and k.confrelid = t.oid and k.confkey = array[t.attnum])
group by t.name, t.column_name
