-- Who owns a schema can drop every table in it; who owns the database can drop it all, and change what sessions begin with.
\ir ../isolation/scope.sql
select 'error', a.ident || '/' || quote_ident(n.nspname),
       format('%s %s the schema %I: it can drop the tables in it', a.ident,
              case when n.nspowner = a.oid then 'owns' else format('can become %I, the owner of', pg_get_userbyid(n.nspowner)) end, n.nspname),
       coalesce(y.revoke, format('alter schema %I owner to …;', n.nspname))
from app_role a
join pg_catalog.pg_namespace n on n.oid in (select i.schema from interesting i) and pg_has_role(a.oid, n.nspowner, 'member')
left join way y on y.role = a.oid and y.target = n.nspowner
where a.named and not a.rolsuper
union all
select 'error', format('%s/database %I', a.ident, d.datname),
       format('%s %s the database: it can change what every session begins with', a.ident,
              case when d.datdba = a.oid then 'owns' else format('can become %I, the owner of', pg_get_userbyid(d.datdba)) end),
       coalesce(y.revoke, format('alter database %I owner to …;', d.datname))
from app_role a
join pg_catalog.pg_database d on d.datname = current_database() and pg_has_role(a.oid, d.datdba, 'member')
left join way y on y.role = a.oid and y.target = d.datdba
where a.named and not a.rolsuper
