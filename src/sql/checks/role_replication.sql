-- Replication streams the whole database, under no policy.
\ir ../isolation/scope.sql
select 'error', r.ident, format('%s has REPLICATION: it can stream every organization''s changes, which no policy filters', r.ident),
       format('alter role %s noreplication;', r.ident)
from app_role r
where r.rolreplication and not r.rolsuper
