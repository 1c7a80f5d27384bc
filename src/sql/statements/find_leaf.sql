-- Where organization $1 has sealed the event $2: a row, at most. Nearly always the first row that the index gives holds it; events
-- that were committed late lie in rows of a wide range.
select l.first + array_position(l.ids, $2::uuid) - 1 as index
from daybook.leaves l
where l.organization_id = $1::uuid and l.greatest_id >= $2::uuid and l.least_id <= $2::uuid and $2::uuid = any (l.ids)
order by l.greatest_id
limit 1
