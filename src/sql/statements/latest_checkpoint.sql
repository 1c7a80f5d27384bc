-- The newest checkpoint of organization $1.
select c.size, c.note
from daybook.checkpoints c
where c.organization_id = $1::uuid
order by c.size desc
limit 1
