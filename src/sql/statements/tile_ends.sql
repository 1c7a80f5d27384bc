-- Where each upper level of the tree of organization $1 ends, and how many hashes it has.
select t.level, max(t.first + octet_length(t.hashes) / 32) as until, sum(octet_length(t.hashes) / 32)::bigint as hashes
from daybook.tiles t
where t.organization_id = $1::uuid
group by t.level
order by t.level
