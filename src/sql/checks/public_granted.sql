-- What is granted to PUBLIC is granted to every role that will ever exist.
\ir ../isolation/scope.sql
select 'warning', t.name, format('PUBLIC may %s: every role, and every one to come', lower(string_agg(x.privilege_type, ', ' order by x.privilege_type))),
       format('revoke all on %s from public;', t.name)
from interesting t
join pg_catalog.pg_class c on c.oid = t.oid
cross join lateral aclexplode(c.relacl) x
where x.grantee = 0 and (t.attnum is not null or t.log)
group by t.name
