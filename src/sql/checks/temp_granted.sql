-- Temporary tables: one that has the name of a log swallows unqualified inserts, and stays for the connection's next user.
\ir ../isolation/scope.sql
select 'warning', quote_ident(d.datname) || '/' || g.name,
       format('%s may make temporary tables: one that is named like a log swallows what is written without a schema', g.who),
       format('revoke temporary on database %I from %s;', d.datname, g.name)
from pg_catalog.pg_database d
-- A database that nothing was ever granted on, or taken from, gives TEMPORARY to PUBLIC.
cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
join grantee g on g.oid = x.grantee
where d.datname = current_database() and x.privilege_type = 'TEMPORARY' and x.grantee <> d.datdba
