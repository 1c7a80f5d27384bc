-- Those of the events $2 of organization $1 that are among the first $5 from $3 to $4, in the order of their ids. Every column, with
-- its type: what somebody made another type of is an error.
--
-- The limit keeps one event of long ago from having everything read that came after it. And it hides the array from the planner,
-- which would compare each of its ids with the bounds of the partitions: that takes as long as reading the rows.
select
\ir sealed_columns.sql
from (
    select *
    from daybook.audit_logs l
    where l.organization_id = $1::uuid and l.id >= $3::uuid and l.id <= $4::uuid
    order by l.id
    limit $5::bigint
) a
where a.id = any ($2::uuid[])
order by a.id
