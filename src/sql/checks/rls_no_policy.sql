-- Row-level security without any policy for an application role that has privileges: it sees nothing, and is told nothing.
\ir ../isolation/scope.sql
select 'warning', t.name || '/' || r.role_name,
       format('%s may %s, but no policy is for %s: it sees no row and is told nothing', r.role_name, lower(r.privileges), r.role_name),
       format('-- a policy for %s (`daybook protect %s` prints one), or: revoke all on %s from %s;', r.role_name, t.name, t.name, r.role_name)
from tenant_table t
join reach r on r.relation = t.oid
where t.relrowsecurity and not r.unbound
  and not exists (select from pg_catalog.pg_policy p
                  where p.polrelid = t.oid
                    and (p.polroles = '{0}' or exists (select from unnest(p.polroles) u (oid) where pg_has_role(r.role, u.oid, 'usage'))))
