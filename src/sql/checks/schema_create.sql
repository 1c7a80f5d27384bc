-- CREATE on a schema: an application role can put a table, function or operator in the way of names that others use.
\ir ../isolation/scope.sql
select 'error', quote_ident(n.nspname) || '/' || g.name,
       format('%s may create in it: what it makes stands in the way of names that others use', g.who),
       format('revoke create on schema %I from %s;', n.nspname, g.name)
from pg_catalog.pg_namespace n
cross join lateral aclexplode(n.nspacl) x
join grantee g on g.oid = x.grantee
where x.privilege_type = 'CREATE' and x.grantee <> n.nspowner
  and (n.oid in (select i.schema from interesting i) or n.nspname = 'public')
union all
select 'warning', format('database %I/%s', d.datname, g.name), format('%s may create schemas in the database', g.who),
       format('revoke create on database %I from %s;', d.datname, g.name)
from pg_catalog.pg_database d
cross join lateral aclexplode(d.datacl) x
join grantee g on g.oid = x.grantee
where d.datname = current_database() and x.privilege_type = 'CREATE' and x.grantee <> d.datdba
