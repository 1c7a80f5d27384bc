-- CREATEROLE: until PostgreSQL 15 such a role may make itself a member of every role that is no superuser; later of those that it administers.
\ir ../isolation/scope.sql
select 'error', r.ident,
       format('%s has CREATEROLE: it can make itself a member of %s', r.ident,
              case when ($1::json ->> 'version')::int < 160000 then 'every role that is no superuser, the owner and those with BYPASSRLS too'
                   else 'every role that it administers, and create more' end),
       format('alter role %s nocreaterole;', r.ident)
from app_role r
where r.rolcreaterole and not r.rolsuper
