-- Policies that protect did not make, and that let an application's role through. A permissive policy is an alternative to
-- the others: one that says true opens the table, whatever the others say. For shadow mode restrictive ones count as well,
-- since they would begin to refuse.
with
\ir subject.sql
select t.name, quote_ident(p.polname),
       lower(v.cmd) || ', to ' || array_to_string(v.roles, ', ') || coalesce(', using ' || v.qual, '')
           || coalesce(', with check ' || v.with_check, ''),
       format('drop policy if exists %I on %s;', p.polname, t.name)
from tree t
join pg_catalog.pg_policy p on p.polrelid = t.oid
join pg_catalog.pg_policies v on v.schemaname = t.nspname and v.tablename = t.relname and v.policyname = p.polname
where p.polname not in (select n.name from own_name n)
  and ($6::boolean or p.polpermissive)
  and ($6::boolean or 0 = any (p.polroles)
       or exists (select from app a, unnest(p.polroles) r where pg_has_role(a.oid, r, 'member')))
order by t.level, t.name, p.polname
