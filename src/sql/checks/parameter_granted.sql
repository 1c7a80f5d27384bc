-- A parameter that only superusers may set, granted to an application role: session_replication_role switches ordinary triggers off,
-- others run programs or load libraries.
\ir ../isolation/scope.sql
select 'error', p.parname || '/' || g.name,
       format('%s may %s %s%s', g.who, lower(string_agg(x.privilege_type, ' and ' order by x.privilege_type desc)), p.parname,
              case when p.parname = 'session_replication_role' then ': ordinary triggers, and foreign keys, are off where it is replica'
                   when p.parname ~ '_command$' then ', which the server runs as a program'
                   when p.parname ~ 'librar' then ', which loads code into the server'
                   else ', which only superusers should' end),
       format('revoke set, alter system on parameter %s from %s;', p.parname, g.name)
from pg_catalog.pg_parameter_acl p
cross join lateral aclexplode(p.paracl) x
join grantee g on g.oid = x.grantee
where p.parname in ('session_replication_role', 'log_statement', 'log_min_messages', 'lo_compat_privileges', 'allow_system_table_mods',
                    'dynamic_library_path', 'session_preload_libraries', 'shared_preload_libraries', 'archive_library', 'archive_command',
                    'archive_cleanup_command', 'restore_command', 'recovery_end_command', 'ssl_passphrase_command', 'hba_file', 'ident_file',
                    'ignore_system_indexes', 'zero_damaged_pages')
group by p.parname, g.name, g.who
