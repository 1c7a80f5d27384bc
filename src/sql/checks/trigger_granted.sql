-- The privilege TRIGGER: a trigger of the application's own runs as whoever writes next, the owner or an administrator too.
\ir ../isolation/scope.sql
select 'error', t.name || '/' || g.grantee, format('%s may create triggers on it, which run with the rights of whoever writes next', g.who),
       format('revoke trigger on %s from %s;', t.name, g.grantee)
from interesting t
join granted g on g.relation = t.oid and g.privilege = 'TRIGGER'
where (t.attnum is not null or t.log or t.relrowsecurity)
  -- Who cannot get into the schema cannot name the table.
  and exists (select from app_role a
              where has_schema_privilege(a.oid, t.schema, 'usage') and has_table_privilege(a.oid, t.oid, 'TRIGGER'))
