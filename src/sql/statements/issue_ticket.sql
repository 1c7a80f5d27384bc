-- Issues a ticket for the organization of id $1 or, where that is null, of key $5: $2 seconds that it lives, $3 who says to
-- issue it, $4 a note. For the owner.
--
-- The secret is made here, from the server's strong random source, and only this answer holds it. No row if there is no
-- such organization.
with s as materialized (
    select uuid_send(gen_random_uuid()) as secret
), issued as (
    insert into daybook.reader_tickets (organization_id, secret_hash, expires_at, issued_from, note)
    select o.id, sha256(s.secret), clock_timestamp() + $2::bigint * interval '1 second', $3::text, $4::text
    from daybook.organizations o, s
    where o.id = $1::uuid or o.key = $5::text
    returning *
)
select
\ir ticket_columns.sql
    , daybook.ticket_text(t.organization_id, t.id, s.secret)
from issued t, s
