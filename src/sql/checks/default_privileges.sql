-- What is granted by itself on tables to come: a new table can be read before anybody puts a policy on it.
\ir ../isolation/scope.sql
select 'warning', format('%s/%s', coalesce(quote_ident(n.nspname), '*'), g.name),
       format('every table that %s makes%s can at once be used by %s (%s)', string_agg(distinct quote_ident(pg_get_userbyid(d.defaclrole)), ', '),
              coalesce(' in ' || quote_ident(n.nspname), ''), case g.oid when 0 then 'every role' else g.name end,
              lower(string_agg(distinct x.privilege_type, ', '))),
       string_agg(distinct format('alter default privileges for role %I%s revoke all on tables from %s;', pg_get_userbyid(d.defaclrole),
                                  coalesce(' in schema ' || quote_ident(n.nspname), ''), g.name), E'\n')
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
cross join lateral aclexplode(d.defaclacl) x
join grantee g on g.oid = x.grantee
where d.defaclobjtype = 'r' and x.grantee <> d.defaclrole
  and x.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
  and (d.defaclnamespace = 0 or d.defaclnamespace in (select i.schema from interesting i)
       or exists (select from app_role a
                  where has_schema_privilege(a.oid, d.defaclnamespace, 'usage') and (x.grantee = 0 or pg_has_role(a.oid, x.grantee, 'usage'))))
group by n.nspname, g.oid, g.name
