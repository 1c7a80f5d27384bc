-- What retention says that it took out of the log of organization $1. Only what the owner of the schema wrote counts: a program can
-- write an event of this name too.
select
    a.id,
    (a.metadata ->> 'events')::bigint as events,
    daybook.id_floor((a.metadata ->> 'from')::timestamptz) as lower,
    daybook.id_floor((a.metadata ->> 'until')::timestamptz) as upper
from daybook.audit_logs a
where a.organization_id = $1::uuid and a.action = any ('{audit_log.drop,audit_log.detach}')
  and a.db_role = (select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c
                   where c.oid = 'daybook.audit_logs'::pg_catalog.regclass)
  and a.metadata ->> 'until' is not null and a.metadata ->> 'events' is not null
order by a.id
