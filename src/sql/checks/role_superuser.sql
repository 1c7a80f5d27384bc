-- No policy binds a superuser.
\ir ../isolation/scope.sql
select 'error', r.ident, format('%s is a superuser: no policy, no FORCE and no privilege holds it', r.ident),
       format('alter role %s nosuperuser;', r.ident)
from app_role r
where r.rolsuper
