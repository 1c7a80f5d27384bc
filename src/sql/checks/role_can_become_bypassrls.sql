-- Memberships, walked to their end: an application role that can SET ROLE to one that no policy holds.
\ir ../isolation/scope.sql
select 'error', a.ident || '/' || quote_ident(b.rolname),
       format('%s can become %I, %s', a.ident, b.rolname, case when b.rolsuper then 'a superuser' else 'which has BYPASSRLS' end), y.revoke
from app_role a
join way y on y.role = a.oid
join pg_catalog.pg_roles b on b.oid = y.target and (b.rolsuper or b.rolbypassrls)
where a.named
