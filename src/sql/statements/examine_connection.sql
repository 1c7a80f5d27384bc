-- Would row-level security hold the role of this connection? One row, always.
--
-- Looked at are the current role and the one that logged in, since RESET ROLE leads back to it, and everything that
-- either could become.
with me as (
    select r.oid, r.rolname, r.rolsuper, r.rolbypassrls
    from pg_catalog.pg_roles r
    where r.rolname in (current_user, session_user)
), log as (
    select c.relowner
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'daybook' and c.relname = 'audit_logs'
)
select
    current_user::text as role,
    (select m.rolname::text from me m where m.rolsuper limit 1) as superuser,
    (select m.rolname::text from me m where m.rolbypassrls limit 1) as bypasses,
    (select m.rolname::text from me m, log l where m.oid = l.relowner limit 1) as owner,
    (select format('%s can become %s', m.rolname, r.rolname)
     from me m
     join pg_catalog.pg_roles r on (r.rolsuper or r.rolbypassrls or r.oid in (select l.relowner from log l))
                                   and r.oid <> m.oid and pg_catalog.pg_has_role(m.oid, r.oid, 'member')
     limit 1) as can_become,
    (select count(*) > 0 from log) as installed,
    (select exists (select from pg_catalog.pg_proc p
                    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                    where n.nspname = 'daybook' and p.proname = 'set_tenant'
                      and pg_catalog.has_schema_privilege(n.oid, 'usage')
                      and pg_catalog.has_function_privilege(p.oid, 'execute'))) as welcome,
    pg_catalog.current_setting('server_encoding') as encoding,
    pg_catalog.current_setting('server_version_num')::bigint as server_version,
    -- A pooler tells its clients numbers of its own.
    pg_catalog.pg_backend_pid() as backend
