-- PostgreSQL's own roles that reach beyond the tables: files and programs of the server lead to everything.
\ir ../isolation/scope.sql
select 'error', r.ident || '/' || quote_ident(g.rolname),
       format('%s is a member of %I: %s', r.ident, g.rolname,
              case g.rolname when 'pg_execute_server_program' then 'it can run programs as the server, and so read everything'
                             when 'pg_read_server_files' then 'it can read the files of every table'
                             when 'pg_write_server_files' then 'it can overwrite the server''s files'
                             else 'it can make subscriptions that copy tables' end),
       format('revoke %I from %s;', g.rolname, r.ident)
from app_role r
join pg_catalog.pg_roles g on g.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription')
where r.named and not r.rolsuper and pg_has_role(r.oid, g.oid, 'member')
