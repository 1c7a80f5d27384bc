-- The leaves of organization $1 from $2 on, before $3.
select l.first, l.hashes
from daybook.leaves l
where l.organization_id = $1::uuid and l.first >= $2::bigint and l.first < $3::bigint
order by l.first
