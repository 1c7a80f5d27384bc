-- Events of organization $1 that are sealed and wait for it again: they would have two leaves. At most $2.
select w.id
from daybook.seal_queue q
cross join lateral unnest(q.ids) as w (id)
where q.organization_id = $1::uuid and q.missed_at is null
  and exists (select from daybook.leaves l
              where l.organization_id = q.organization_id and l.greatest_id >= w.id and l.least_id <= w.id
                and w.id = any (l.ids))
order by w.id
limit $2::bigint
