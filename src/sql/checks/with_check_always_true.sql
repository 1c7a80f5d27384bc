-- WITH CHECK (true): rows can be written into, or moved to, any organization.
\ir ../isolation/scope.sql
select 'error', c.object, format('WITH CHECK (%s) is true of every row: rows can be written into any organization', c.sql),
       format('alter policy %s on %s with check (…);  -- `daybook protect %s` prints the predicate', c.policy_name, c.table_name, c.table_name)
from clause c
where c.kind = 'check' and not c.implicit and c.always and c.polpermissive and c.for_app
  and c.polrelid in (select t.oid from tenant_table t union all select p.oid from partition p)
  and exists (select from unnest(case c.polcmd when '*' then array['a', 'w'] else array[c.polcmd::text] end) m (command)
              where not exists (select from held h where h.polrelid = c.polrelid and h.kind = 'check' and h.command = m.command))
