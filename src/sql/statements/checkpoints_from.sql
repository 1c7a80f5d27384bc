-- The checkpoints of organization $1 that are larger than $2, the smallest $3 of them.
select c.size, c.note
from daybook.checkpoints c
where c.organization_id = $1::uuid and c.size > $2::bigint
order by c.size
limit $3::bigint
