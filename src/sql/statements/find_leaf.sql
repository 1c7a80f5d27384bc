-- Where organization $1 has sealed the event $2: a row, at most. The first rows that the index gives nearly always hold it; events that
-- were committed late lie in rows of a wide range, which are looked for only then.
select f.index
from (select coalesce(
          (select n.first + array_position(n.ids, $2::uuid) - array_lower(n.ids, 1)
           from (select l.first, l.ids
                 from daybook.leaves l
                 where l.organization_id = $1::uuid and l.greatest_id >= $2::uuid
                 order by l.greatest_id
                 limit 4) n
           where $2::uuid = any (n.ids) and array_ndims(n.ids) = 1
           limit 1),
          (select l.first + array_position(l.ids, $2::uuid) - array_lower(l.ids, 1)
           from daybook.leaves l
           where l.organization_id = $1::uuid and l.greatest_id >= $2::uuid and l.least_id <= $2::uuid and $2::uuid = any (l.ids)
             and array_ndims(l.ids) = 1
           limit 1)) as index) f
where f.index is not null
