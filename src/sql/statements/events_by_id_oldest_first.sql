-- One page of the events whose ids are $25. Parameters as in events_oldest_first.
select a.*
from unnest($25::uuid[]) as v (value)
cross join lateral (
    select
\ir stored_columns.sql
    from daybook.audit_logs a
    where a.organization_id = $1::uuid and a.id = v.value and a.id >= $2::uuid and a.id < $3::uuid and
\ir event_filter.sql
    offset 0
) a
order by a.id
limit (select $4::bigint)
