-- Is this role the one whose policies let it seal, and no more powerful? Is there anything to seal? One row.
select
    current_user::text as role,
    exists (select from pg_catalog.pg_policies p
            where p.schemaname = 'daybook' and p.policyname = 'checkpoints_sealer_append'
              and current_user = any (p.roles)) as expected,
    exists (select from pg_catalog.pg_roles r
            where (r.rolsuper or r.rolbypassrls) and pg_catalog.pg_has_role(session_user, r.oid, 'member')) as unsafe,
    exists (select from pg_catalog.pg_policies p
            where p.schemaname = 'daybook' and p.policyname = 'checkpoints_sealer_append') as installed
