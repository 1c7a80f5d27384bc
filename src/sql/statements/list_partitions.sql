-- The partitions of the log, oldest first, and what retention took out of it and is still there. Sizes are those of log and
-- facets with their indexes. $1: microseconds since 1970; what ends before is marked to go. For the owner.
with old as (
    select b.name
    from daybook.partitions_before(timestamptz 'epoch' + $1::bigint * interval '1 microsecond') b
    where $1::bigint is not null and not b.is_room
), one as (
    select p.name, replace(p.name, 'audit_logs', 'facets') as facets_name, p.lower, p.upper, p.is_default,
           'in_log' as state, null::bigint as events
    from daybook.partitions p
    where p.parent = 'audit_logs'
    union all
    select r.name, r.facets_name, r.lower, r.upper, false,
           case when r.finished_at is null then 'leaving' else 'detached' end, r.events
    from daybook.retired_partitions r
    where to_regclass(format('daybook.%I', r.name)) is not null
)
select
    o.name,
    daybook.id_time(o.lower) as lower,
    daybook.id_time(o.upper) as upper,
    o.is_default,
    o.state,
    -- Counted once, else what the last ANALYZE saw; -1 before the first.
    coalesce(o.events, case when pg_catalog.pg_relation_size(c.oid) = 0 then 0 else nullif(c.reltuples, -1)::bigint end) as events,
    pg_catalog.pg_total_relation_size(c.oid)
        + coalesce(pg_catalog.pg_total_relation_size(to_regclass(format('daybook.%I', o.facets_name))), 0) as bytes,
    exists (select from old where old.name = o.name) as goes
from one o
join pg_catalog.pg_class c on c.oid = format('daybook.%I', o.name)::regclass
order by o.is_default, o.upper, o.name
