-- WITH GRANT OPTION: an application role can hand on what it has.
\ir ../isolation/scope.sql
select 'warning', t.name || '/' || a.ident, format('%s may hand on %s to any role', a.ident, lower(string_agg(distinct x.privilege_type, ', '))),
       format('revoke grant option for all on %s from %s cascade;', t.name, a.ident)
from interesting t
join pg_catalog.pg_class c on c.oid = t.oid
cross join lateral aclexplode(c.relacl) x
join app_role a on not a.rolsuper and a.oid <> t.relowner and x.grantee <> 0 and x.grantee <> t.relowner and pg_has_role(a.oid, x.grantee, 'usage')
where x.is_grantable and (t.attnum is not null or t.log)
group by t.name, a.ident
