-- What retention says that it took out of the log of organization $1. Only what the owner of the schema wrote counts: a program can
-- write an event of this name too. As texts, and without what retention never writes: whatever stands there, it is no error.
select a.id, m.said ->> 'events' as events, m.said ->> 'from' as lower, m.said ->> 'until' as upper
from daybook.audit_logs a
cross join lateral (select case when strpos(a.metadata::text, E'\\u') = 0 then a.metadata end as said) m
where a.organization_id = $1::uuid and a.action = any ('{audit_log.drop,audit_log.detach}')
  and a.db_role = (select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c
                   where c.oid = 'daybook.audit_logs'::pg_catalog.regclass)
  and m.said ->> 'until' is not null and m.said ->> 'events' is not null
order by a.id
