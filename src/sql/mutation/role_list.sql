select r.rolname::text from pg_catalog.pg_roles r order by 1
