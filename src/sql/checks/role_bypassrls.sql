-- The attribute BYPASSRLS: policies are not asked.
\ir ../isolation/scope.sql
select 'error', r.ident, format('%s has BYPASSRLS: no policy holds it', r.ident), format('alter role %s nobypassrls;', r.ident)
from app_role r
where r.rolbypassrls and not r.rolsuper
