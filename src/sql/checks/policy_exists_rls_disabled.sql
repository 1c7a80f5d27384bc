-- Policies that nobody asks, because row-level security is not enabled on their table.
\ir ../isolation/scope.sql
select 'error', i.name,
       format('has %s, but row-level security is off: no policy is in force',
              (select case count(*) when 1 then 'a policy' else count(*) || ' policies' end from pg_catalog.pg_policy p where p.polrelid = i.oid)),
       format('alter table %s enable row level security; alter table %s force row level security;', i.name, i.name)
from interesting i
where not i.relrowsecurity and exists (select from pg_catalog.pg_policy p where p.polrelid = i.oid)
