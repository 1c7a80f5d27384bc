-- A partition, or a table that inherits, that is named directly: its parent's policies, FORCE and statement triggers are not asked.
\ir ../isolation/scope.sql
select case when r.relation is null then 'warning' else 'error' end, p.name,
       format('is part of %s, whose policies do not hold it when it is named directly; %s%s', p.parent_name,
              case when not p.relrowsecurity then 'row-level security is off' else 'row-level security is not forced' end,
              case when r.relation is null then '; no application role may, as things are' else format(', and %s may %s', max(r.role_name), lower(max(r.privileges))) end),
       format('alter table %s enable row level security; alter table %s force row level security;', p.name, p.name)
           || case when r.relation is null then '' else format(E'\nrevoke all on %s from %s;', p.name, string_agg(r.role_name, ', ')) end
from partition p
left join reach r on r.relation = p.oid
where p.attnum is not null and not (p.relrowsecurity and p.relforcerowsecurity)
group by p.name, p.parent_name, p.relrowsecurity, r.relation
