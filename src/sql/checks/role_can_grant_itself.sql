-- CREATEROLE: until PostgreSQL 15 such a role may make itself a member of every role that is no superuser; later of those that it administers.
\ir ../isolation/scope.sql
select 'error', r.ident, format('%s has CREATEROLE: it can make itself a member of roles that see everything', r.ident),
       format('alter role %s nocreaterole;', r.ident)
from app_role r
where r.rolcreaterole and not r.rolsuper
