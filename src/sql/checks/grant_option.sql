-- WITH GRANT OPTION: an application role can hand on what it has.
\ir ../isolation/scope.sql
select 'warning', t.name || '/' || g.grantee, format('%s may hand on %s to any role', g.who, lower(string_agg(distinct g.privilege, ', '))),
       format('revoke grant option for all on %s from %s cascade;', t.name, g.grantee)
from interesting t
join granted g on g.relation = t.oid and g.is_grantable
where t.attnum is not null or t.log
group by t.name, g.grantee, g.who
