-- What is granted to PUBLIC is granted to every role that will ever exist.
\ir ../isolation/scope.sql
select 'warning', t.name, format('PUBLIC may %s: every role, and every one to come', lower(string_agg(distinct g.privilege, ', '))),
       format('revoke all on %s from public;', t.name)
from interesting t
join granted g on g.relation = t.oid and g.grantee = 'public'
where t.attnum is not null or t.log
group by t.name
