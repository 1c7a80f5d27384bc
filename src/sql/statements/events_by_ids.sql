-- The events $2 of organization $1, wherever they are, in the order of their ids. Every column, with its type: what somebody made
-- another type of is an error. One look-up each: see events_among.sql.
select
\ir sealed_columns.sql
from unnest($2::uuid[]) w (id)
cross join lateral (
    select *
    from daybook.audit_logs l
    where l.organization_id = $1::uuid and l.id = w.id
    -- Without it, the planner may choose to read the whole log instead.
    offset 0
) a
order by w.id
