-- USING (true), or what comes to it: every organization's rows can be seen, changed or removed.
\ir ../isolation/scope.sql
select 'error', c.object,
       format('USING (%s) is true of every row: every organization''s rows can be %s', c.sql,
              case c.polcmd when 'r' then 'seen' when 'w' then 'changed' when 'd' then 'removed' else 'seen and changed' end),
       format('alter policy %s on %s using (…);  -- `daybook protect %s` prints the predicate', c.policy_name, c.table_name, c.table_name)
from clause c
where c.kind = 'using' and c.always and c.polpermissive and c.for_app
  and c.polrelid in (select t.oid from tenant_table t union all select p.oid from partition p)
  and exists (select from unnest(case c.polcmd when '*' then array['r', 'w', 'd'] else array[c.polcmd::text] end) m (command)
              where not exists (select from held h where h.polrelid = c.polrelid and h.kind = 'using' and h.command = m.command))
