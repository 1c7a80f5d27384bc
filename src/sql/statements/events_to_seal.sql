-- What of organization $1 waits: at most $2 statements' events, and no more once there are $3 events.
select w.id, w.ids, w.recorded_at
from (select q.id, q.ids, q.recorded_at,
             sum(cardinality(q.ids)) over (order by q.id rows between unbounded preceding and 1 preceding) as before
      from (select q.id, q.ids, q.recorded_at
            from daybook.seal_queue q
            where q.organization_id = $1::uuid and q.missed_at is null
            order by q.id
            limit $2::bigint) q) w
where coalesce(w.before, 0) < $3::bigint
order by w.id
