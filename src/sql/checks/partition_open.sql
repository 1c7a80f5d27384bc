-- A partition, or a table that inherits, that is named directly: its parent's policies, FORCE and statement triggers are not asked.
\ir ../isolation/scope.sql
select case when count(r.relation) = 0 then 'warning' else 'error' end, p.name,
       format('is part of %s, whose policies do not hold it when it is named directly; %s%s', p.parent_name,
              case when not p.relrowsecurity then 'row-level security is off' else 'row-level security is not forced' end,
              coalesce(', and ' || string_agg(r.role_name || ' may ' || lower(r.privileges), '; ' order by r.role_name),
                       '; no application role may, as things are')),
       format('alter table %s enable row level security; alter table %s force row level security;', p.name, p.name)
           || coalesce(format(E'\nrevoke all on %s from ', p.name) || string_agg(r.role_name, ', ' order by r.role_name) || ';', '')
from partition p
join pg_catalog.pg_class above on above.oid = p.parent
left join reach r on r.relation = p.oid
-- A foreign table cannot be secured at all, and says so itself; what is above is unprotected has a finding there.
where p.attnum is not null and p.relkind in ('r', 'p') and not (p.relrowsecurity and p.relforcerowsecurity)
  and (above.relrowsecurity or above.relispartition)
group by p.name, p.parent_name, p.relrowsecurity
