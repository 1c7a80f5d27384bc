-- Events of organization $1 that are neither sealed nor waiting for it: nobody committed them in the usual way. At most $2.
select a.id
from daybook.audit_logs a
where a.organization_id = $1::uuid
  and not exists (select from daybook.leaves l
                  where l.organization_id = a.organization_id and l.greatest_id >= a.id and l.least_id <= a.id
                    and a.id = any (l.ids))
  -- What was missed once is not looked for again: if it is there now, somebody put it there.
  and not exists (select from daybook.seal_queue q
                  where q.organization_id = a.organization_id and q.missed_at is null and a.id = any (q.ids))
order by a.id
limit $2::bigint
