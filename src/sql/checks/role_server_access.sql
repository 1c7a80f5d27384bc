-- PostgreSQL's own roles, and functions, that reach beyond the tables: files and programs of the server lead to everything.
\ir ../isolation/scope.sql
select 'error', r.ident || '/' || quote_ident(g.rolname),
       format('%s is a member of %I: %s', r.ident, g.rolname,
              case g.rolname when 'pg_execute_server_program' then 'it can run programs as the server, and so read everything'
                             when 'pg_read_server_files' then 'it can read the files of every table'
                             when 'pg_write_server_files' then 'it can overwrite the server''s files'
                             else 'it can make subscriptions that copy tables' end),
       y.revoke
from app_role r
join way y on y.role = r.oid
join pg_catalog.pg_roles g on g.oid = y.target
                              and g.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription')
where r.named
union all
-- The server keeps these from PUBLIC; somebody gave them away.
select 'error', format('%s/%s', g.name, f.proname), format('%s may call %s: it reads or writes the server''s files', g.who, f.proname),
       string_agg(format('revoke execute on function %s from %s;', f.oid::regprocedure, g.name), E'\n' order by f.oid)
from pg_catalog.pg_proc f
cross join lateral aclexplode(f.proacl) x
join grantee g on g.oid = x.grantee
where f.pronamespace = 'pg_catalog'::regnamespace
  and f.proname in ('pg_read_file', 'pg_read_binary_file', 'lo_import', 'lo_export')
  -- That role has a finding of its own.
  and g.name <> 'pg_read_server_files'
group by g.name, g.who, f.proname
