-- Events of organization $1 that have more than one leaf. At most $2.
select w.id
from daybook.leaves l
cross join lateral unnest(l.ids) as w (id)
where l.organization_id = $1::uuid
group by w.id
having count(*) > 1
order by w.id
limit $2::bigint
