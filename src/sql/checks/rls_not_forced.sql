-- Row-level security that does not bind the table's owner, nor the functions and views that run as the owner.
\ir ../isolation/scope.sql
select 'error', t.name,
       format('row-level security is not forced: its owner %I, and every function and view that runs as %I, sees every organization',
              pg_get_userbyid(t.relowner), pg_get_userbyid(t.relowner)),
       format('alter table %s force row level security;', t.name)
from tenant_table t
where t.relrowsecurity and not t.relforcerowsecurity
