-- One page of events, found by the facet of key $26, whose values may be $25. Parameters as in events_oldest_first.
--
-- The facets lead, in the order of ids, and each event is looked up, until there are enough: a value that nearly every event
-- has costs no more than a rare one. `offset 0` and a limit that is none keep the planner from joining in another order.
select a.*
from unnest($25::text[]) as v (value)
cross join lateral (
    select e.*
    from (
        select f.id
        from daybook.facets f
        where f.organization_id = $1::uuid and f.key = $26::text and f.value = v.value and f.id >= $2::uuid and f.id < $3::uuid
        order by f.id
        limit (select null::bigint)
    ) f
    cross join lateral (
        select
\ir stored_columns.sql
        from daybook.audit_logs a
        where a.organization_id = $1::uuid and a.id = f.id and
\ir event_filter.sql
        offset 0
    ) e
    order by f.id
    limit (select $4::bigint)
) a
order by a.id
limit (select $4::bigint)
