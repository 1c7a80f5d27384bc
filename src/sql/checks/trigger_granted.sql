-- The privilege TRIGGER: a trigger of the application's own runs as whoever writes next, the owner or an administrator too.
\ir ../isolation/scope.sql
select 'error', t.name || '/' || a.ident, format('%s may create triggers on it, which run with the rights of whoever writes next', a.ident),
       format('revoke trigger on %s from %s;', t.name, a.ident)
from interesting t
join app_role a on not a.rolsuper and a.oid <> t.relowner and has_table_privilege(a.oid, t.oid, 'trigger')
where t.attnum is not null or t.log
