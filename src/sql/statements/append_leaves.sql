-- Leaves $3 with their hashes $4, the first at $2, of organization $1; $5 and $6 are the least and the greatest id.
insert into daybook.leaves (organization_id, first, ids, hashes, least_id, greatest_id)
values ($1::uuid, $2::bigint, $3::uuid[], $4::bytea, $5::uuid, $6::uuid)
