-- The privilege REFERENCES: foreign keys look past every policy, so a table of the application's own tells which keys exist elsewhere.
\ir ../isolation/scope.sql
select 'warning', t.name || '/' || a.ident, format('%s may refer to it by foreign keys, which look past every policy: they tell which keys others have', a.ident),
       format('revoke references on %s from %s;', t.name, a.ident)
from tenant_table t
join app_role a on not a.rolsuper and a.oid <> t.relowner and has_any_column_privilege(a.oid, t.oid, 'references')
