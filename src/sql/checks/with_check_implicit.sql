-- USING without WITH CHECK: the server uses USING for what is written too. That holds, until somebody widens USING for reading.
\ir ../isolation/scope.sql
select 'warning', c.object, format('says nothing of what may be written: USING stands in for it (%s)', c.sql),
       format('alter policy %s on %s with check (%s);', c.policy_name, c.table_name, pg_get_expr(p.polqual, p.polrelid))
from clause c
join pg_catalog.pg_policy p on p.oid = c.policy
where c.implicit and c.polpermissive and c.for_app and not c.always and c.sql <> 'false'
  and c.polrelid in (select t.oid from interesting t where t.attnum is not null)
