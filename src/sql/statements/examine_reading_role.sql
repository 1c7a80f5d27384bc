-- Is this role the one of the policy $1, and may it do nothing but read? One row.
select
    current_user::text as role,
    exists (select from pg_catalog.pg_policies p
            where p.schemaname = 'daybook' and p.policyname = $1::text
              and current_user = any (p.roles)) as expected,
    exists (select from pg_catalog.pg_roles r
            where (r.rolsuper or r.rolbypassrls) and pg_catalog.pg_has_role(session_user, r.oid, 'member')) as unsafe,
    exists (select from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'daybook' and c.relkind in ('r', 'p')
              and (pg_catalog.has_any_column_privilege(c.oid, 'insert, update')
                   or pg_catalog.has_table_privilege(c.oid, 'insert, update, delete, truncate'))) as writes
