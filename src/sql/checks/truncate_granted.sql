-- TRUNCATE asks no policy: it empties the table for every organization.
\ir ../isolation/scope.sql
select 'error', i.name || '/' || g.grantee, format('%s may TRUNCATE it: no policy is asked, and every organization''s rows are gone', g.who),
       format('revoke truncate on %s from %s;', i.name, g.grantee)
from interesting i
join granted g on g.relation = i.oid and g.privilege = 'TRUNCATE'
where (i.attnum is not null or i.log or i.relrowsecurity)
  and exists (select from app_role a
              where has_schema_privilege(a.oid, i.schema, 'usage') and has_table_privilege(a.oid, i.oid, 'TRUNCATE'))
