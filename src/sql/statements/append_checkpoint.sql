-- The signed checkpoint $3 of organization $1 at size $2.
insert into daybook.checkpoints (organization_id, size, note) values ($1::uuid, $2::bigint, $3::text)
