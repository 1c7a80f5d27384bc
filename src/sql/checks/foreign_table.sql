-- Row-level security cannot be put on a foreign table: what is behind it must separate the organizations.
\ir ../isolation/scope.sql
select 'error', t.name, format('is a foreign table, which no policy can hold, and %s may %s', r.role_name, lower(r.privileges)),
       format('revoke all on %s from %s;  -- and read it through a function or view that asks for one organization', t.name, r.role_name)
from interesting t
join reach r on r.relation = t.oid
where t.relkind = 'f' and t.attnum is not null
