-- USING without WITH CHECK: the server uses USING for what is written too. That holds, until somebody widens USING for reading.
\ir ../isolation/scope.sql
select 'warning', c.object, format('says nothing of what may be written: USING stands in for it (%s)', c.sql),
       format('alter policy %s on %s with check (%s);', c.policy_name, c.table_name, c.sql)
from clause c
where c.implicit and c.polpermissive and c.for_app and not c.always and c.sql <> 'false'
  and c.polrelid in (select t.oid from tenant_table t)
