-- Events of organization $1 that wait to be sealed and are not in the log: they were committed, and removed since. At most $2.
select w.id, q.recorded_at
from daybook.seal_queue q
cross join lateral unnest(q.ids) as w (id)
where q.organization_id = $1::uuid
  and not exists (select from daybook.audit_logs a where a.organization_id = q.organization_id and a.id = w.id)
order by w.id
limit $2::bigint
