-- The privilege REFERENCES: foreign keys look past every policy, so a table of the application's own tells which keys exist elsewhere.
\ir ../isolation/scope.sql
select distinct 'warning', t.name || '/' || g.grantee,
       format('%s may refer to it by foreign keys, which look past every policy: they tell which keys others have', g.who),
       -- Taking it from the table takes it from the columns too.
       format('revoke references on %s from %s;', t.name, g.grantee)
from interesting t
join granted g on g.relation = t.oid and g.privilege = 'REFERENCES'
where t.attnum is not null and t.parent is null
