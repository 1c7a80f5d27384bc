-- Hashes $4 of level $2, the first at $3, of organization $1.
insert into daybook.tiles (organization_id, level, first, hashes)
values ($1::uuid, $2::bigint, $3::bigint, $4::bytea)
