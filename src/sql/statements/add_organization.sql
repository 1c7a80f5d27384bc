-- Adds an organization: $1 key, $2 name, $3 id or null for a new one. For the owner.
insert into daybook.organizations (key, name, id)
values ($1::text, $2::text, coalesce($3::uuid, gen_random_uuid()))
returning id, key, name
