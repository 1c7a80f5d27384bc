-- A permissive policy with a way through that does not compare the organization: on users, on a flag, or where the setting is missing.
\ir ../isolation/scope.sql
select 'error', c.object,
       format('%s lets rows through without comparing %s to who is asking, as far as it can be read: %s',
              case when c.kind = 'check' then 'WITH CHECK' else 'USING' end, t.column_name, c.sql),
       format('alter policy %s on %s %s (…);  -- every branch must compare %s; `daybook protect %s` prints the predicate', c.policy_name, c.table_name,
              case when c.kind = 'check' then 'with check' else 'using' end, t.column_name, c.table_name)
from clause c
join (select * from tenant_table union all select i.* from interesting i where i.parent is not null and i.attnum is not null) t on t.oid = c.polrelid
where not c.bound and not c.always and not c.implicit and c.polpermissive and c.for_app and c.sql <> 'false'
  and exists (select from unnest(case c.polcmd when '*' then case c.kind when 'check' then array['a', 'w'] else array['r', 'w', 'd'] end
                                                else array[c.polcmd::text] end) m (command)
              where not exists (select from held h where h.polrelid = c.polrelid and h.kind = c.kind and h.command = m.command))
