-- What waits in all the logs that the role sees: how many events, since when, and how many of them are gone.
select
    coalesce(sum(cardinality(q.ids)) filter (where q.missed_at is null), 0)::bigint as events,
    min(q.recorded_at) filter (where q.missed_at is null) as oldest,
    coalesce(sum(cardinality(q.ids)) filter (where q.missed_at is not null), 0)::bigint as missed
from daybook.seal_queue q
where $1::uuid is null or q.organization_id = $1::uuid
