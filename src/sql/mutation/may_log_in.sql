-- Null: there is no such role.
select (select r.rolcanlogin from pg_catalog.pg_roles r where r.rolname = $1::text) as may_log_in
