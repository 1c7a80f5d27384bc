-- TRUNCATE asks no policy: it empties the table for every organization.
\ir ../isolation/scope.sql
select 'error', i.name || '/' || a.ident, format('%s may TRUNCATE it: no policy is asked, and every organization''s rows are gone', a.ident),
       format('revoke truncate on %s from %s;', i.name,
              case when has_table_privilege('public', i.oid, 'truncate') then 'public' else a.ident end)
from interesting i
join app_role a on not a.rolsuper and has_table_privilege(a.oid, i.oid, 'truncate')
where (i.attnum is not null or i.log) and i.relowner <> a.oid
