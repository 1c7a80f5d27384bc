-- Temporary tables: one that has the name of a log swallows unqualified inserts, and stays for the connection's next user.
\ir ../isolation/scope.sql
select 'warning', quote_ident(d.datname) || '/' || string_agg(a.ident, ',' order by a.ident),
       format('%s may make temporary tables: one that is named like a log swallows what is written without a schema', string_agg(a.ident, ', ' order by a.ident)),
       format('revoke temporary on database %I from public;', d.datname)
from pg_catalog.pg_database d
join app_role a on a.named and not a.rolsuper and has_database_privilege(a.oid, d.oid, 'temporary') and not pg_has_role(a.oid, d.datdba, 'member')
where d.datname = current_database()
group by d.datname
