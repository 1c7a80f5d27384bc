-- CREATE on a schema: an application role can put a table, function or operator in the way of names that others use.
\ir ../isolation/scope.sql
select 'error', quote_ident(n.nspname) || '/' || a.ident,
       format('%s may create in it%s: what it makes stands in the way of names that others use', a.ident,
              case when has_schema_privilege('public', n.oid, 'create') then ', as every role may' else '' end),
       format('revoke create on schema %I from %s;', n.nspname, case when has_schema_privilege('public', n.oid, 'create') then 'public' else a.ident end)
from pg_catalog.pg_namespace n
join app_role a on a.named and not a.rolsuper and has_schema_privilege(a.oid, n.oid, 'create') and not pg_has_role(a.oid, n.nspowner, 'member')
where n.oid in (select i.schema from interesting i) or n.nspname = 'public'
union all
select 'warning', quote_ident(d.datname) || '/' || a.ident, format('%s may create schemas in the database', a.ident),
       format('revoke create on database %I from %s;', d.datname, a.ident)
from pg_catalog.pg_database d
join app_role a on a.named and not a.rolsuper and has_database_privilege(a.oid, d.oid, 'create') and not pg_has_role(a.oid, d.datdba, 'member')
where d.datname = current_database()
