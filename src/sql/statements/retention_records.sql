-- What retention says that it took out of the log of organization $1, in records and in what they repeat of earlier ones, which have left
-- themselves. Only what the owner of the schema wrote counts: a program can write an event of this name too. As texts, and without what
-- retention never writes: whatever stands there, it is no error.
select a.id, r.said ->> 'events' as events, r.said ->> 'from' as lower, r.said ->> 'until' as upper, r.said ->> 'unsealed' as unsealed
from daybook.audit_logs a
cross join lateral (select case when strpos(a.metadata::text, E'\\u') = 0 then a.metadata end as said) m
cross join lateral (select m.said
                    union all
                    select e.value
                    from json_array_elements(case when json_typeof(m.said -> 'earlier') = 'array' then m.said -> 'earlier' end) e (value)
                    where json_typeof(e.value) = 'object') r (said)
where a.organization_id = $1::uuid and a.action = any ('{audit_log.drop,audit_log.detach}')
  and a.db_role = (select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c
                   where c.oid = 'daybook.audit_logs'::pg_catalog.regclass)
  and r.said ->> 'until' is not null and r.said ->> 'events' is not null
order by a.id
