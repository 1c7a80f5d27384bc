-- How many events the log of organization $1 holds, and what of them waits to be sealed: ids in the queue, those of them that are in
-- the log, since when the oldest of these waits, and how many are not sealed already.
select
    (select count(*) from daybook.audit_logs a where a.organization_id = $1::uuid) as events,
    count(distinct w.id) as waiting,
    count(distinct a.id) as present,
    min(q.recorded_at) filter (where a.id is not null and q.missed_at is null) as oldest,
    count(distinct a.id) filter (where q.missed_at is null and not exists (select from daybook.leaves l
                                                   where l.organization_id = q.organization_id and l.greatest_id >= w.id
                                                     and l.least_id <= w.id and w.id = any (l.ids))) as unsealed,
    count(distinct a.id) filter (where q.missed_at is null) as due
from daybook.seal_queue q
cross join lateral unnest(q.ids) as w (id)
left join daybook.audit_logs a on a.organization_id = q.organization_id and a.id = w.id
where q.organization_id = $1::uuid
