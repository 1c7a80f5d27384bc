-- How many events the log of organization $1 holds, and what of them waits to be sealed: ids in the queue, those of them that are in
-- the log, and since when the oldest waits.
select
    (select count(*) from daybook.audit_logs a where a.organization_id = $1::uuid) as events,
    count(*) as waiting,
    count(a.id) as present,
    min(q.recorded_at) as oldest
from daybook.seal_queue q
cross join lateral unnest(q.ids) as w (id)
left join daybook.audit_logs a on a.organization_id = q.organization_id and a.id = w.id
where q.organization_id = $1::uuid
