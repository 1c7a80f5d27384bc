-- The hashes of level $4 of organization $1 from $2 on, before $3.
select t.first, t.hashes
from daybook.tiles t
where t.organization_id = $1::uuid and t.level = $4::bigint and t.first >= $2::bigint and t.first < $3::bigint
order by t.first
