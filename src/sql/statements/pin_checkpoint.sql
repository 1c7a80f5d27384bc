-- Keeps the checkpoint $3 of organization $1 at size $2.
insert into daybook_anchors.checkpoints (organization_id, size, note) values ($1::uuid, $2::bigint, $3::text) on conflict do nothing
