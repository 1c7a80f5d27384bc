-- A parameter that only superusers may set, granted to an application role: session_replication_role switches ordinary triggers off.
\ir ../isolation/scope.sql
select 'error', p.parname || '/' || a.ident,
       format('%s may set %s%s', a.ident, p.parname,
              case p.parname when 'session_replication_role' then ': ordinary triggers, and foreign keys, are off for whoever sets it to replica' else ', which only superusers should' end),
       format('revoke set, alter system on parameter %s from %s;', p.parname, case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end)
from pg_catalog.pg_parameter_acl p
cross join lateral aclexplode(p.paracl) x
join app_role a on not a.rolsuper and (x.grantee = 0 or pg_has_role(a.oid, x.grantee, 'usage'))
where p.parname in ('session_replication_role', 'log_statement', 'log_min_messages', 'lo_compat_privileges', 'allow_system_table_mods',
                    'dynamic_library_path', 'session_preload_libraries', 'ignore_system_indexes', 'zero_damaged_pages')
