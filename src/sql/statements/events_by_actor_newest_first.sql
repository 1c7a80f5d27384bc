-- One page of events, found by their actor. Parameters as in events_newest_first; $25 are the actors' ids.
--
-- Each value has its own stretch of the index, in the order of ids: so many of each are enough, however many there are.
select a.*
from unnest($25::text[]) as v (value)
cross join lateral (
    select
\ir stored_columns.sql
    from daybook.audit_logs a
    where a.organization_id = $1::uuid and a.actor_id = v.value and a.id >= $2::uuid and a.id < $3::uuid and
\ir event_filter.sql
    order by a.id desc
    limit (select $4::bigint)
) a
order by a.id desc
limit (select $4::bigint)
