-- Memberships, walked to their end: an application role that can SET ROLE to one that no policy holds.
\ir ../isolation/scope.sql
select 'error', a.ident || '/' || quote_ident(b.rolname),
       format('%s can become %I, %s', a.ident, b.rolname, case when b.rolsuper then 'a superuser' else 'which has BYPASSRLS' end),
       format('revoke %I from %s;  -- or from the group that leads there', b.rolname, a.ident)
from app_role a
join pg_catalog.pg_roles b on b.oid <> a.oid and (b.rolsuper or b.rolbypassrls)
where a.named and not a.rolsuper and pg_has_role(a.oid, b.oid, 'member')
