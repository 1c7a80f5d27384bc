-- Only restrictive policies: they take away from what permissive ones give, and nothing is given.
\ir ../isolation/scope.sql
select 'warning', t.name || '/' || r.role_name,
       format('every policy for %s is restrictive, so it sees no row and is told nothing', r.role_name),
       format('-- a permissive policy on %s for %s: `daybook protect %s` prints one', t.name, r.role_name, t.name)
from tenant_table t
join reach r on r.relation = t.oid
cross join lateral (
    select count(*) as all_of_them, count(*) filter (where p.polpermissive) as permissive
    from pg_catalog.pg_policy p
    where p.polrelid = t.oid
      and (p.polroles = '{0}' or exists (select from unnest(p.polroles) u (oid) where pg_has_role(r.role, u.oid, 'usage')))
) n
where t.relrowsecurity and not r.unbound and n.all_of_them > 0 and n.permissive = 0
