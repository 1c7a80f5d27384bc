-- What is counted by $29: times, in the buckets that begin with the ids $31; else a field, of facets that of key $30. Beside each
-- value: its events; of all values, even those beyond the limit: the events, and the oldest of them.
    case $29::text
        when 'time' then width_bucket(a.id, $31::uuid[])::text
        when 'action' then a.action
        when 'outcome' then a.outcome
        when 'actor' then a.actor_type || ':' || a.actor_id
        when 'actor_id' then a.actor_id
        when 'actor_type' then a.actor_type
        when 'actor_name' then a.actor_name
        when 'target' then coalesce(nullif(a.targets -> 0 ->> 'type', '') || ':', '') || (a.targets -> 0 ->> 'id')
        when 'target_id' then a.targets -> 0 ->> 'id'
        when 'target_type' then a.targets -> 0 ->> 'type'
        when 'source_ip' then a.source_ip
        when 'request_id' then a.request_id
        when 'correlation_id' then a.correlation_id
        when 'trace_id' then a.trace_id
        when 'source' then a.source
        when 'facet' then a.facets ->> $30::text
    end as value,
    count(*) as events,
    (sum(count(*)) over ())::bigint as total,
    -- PostgreSQL has no min(uuid); the texts have the same order.
    (min(min(a.id::text collate "C")) over ())::uuid as oldest
