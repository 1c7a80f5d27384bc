-- Takes the statements $2 of organization $1 out of the queue. If they are not all there, another sealer was faster: the division
-- fails, and with it everything that was sealed.
with taken as (
    delete from daybook.seal_queue q
    where q.organization_id = $1::uuid and q.id = any ($2::uuid[]) and q.missed_at is null
    returning 1
)
select 1 / (count(*) = cardinality($2::uuid[]))::int from taken
