-- The one filter. A parameter that is null asks for nothing: the planner knows the values, drops such a line, and is
-- left with plain comparisons that an index serves under row-level security.
    a.organization_id = $1::uuid
    and a.id >= $2::uuid
    and a.id < $3::uuid
    and ($5::uuid[] is null or a.id = any ($5::uuid[]))
    -- One value is an equality, which keeps the index in the order of ids; several are a list.
    and ($6::text is null or a.action = $6::text)
    and ($7::text is null or a.action ^@ $7::text)
    and ($8::text[] is null or a.action = any ($8::text[])
         or exists (select from unnest($9::text[]) as p (prefix) where a.action ^@ p.prefix))
    and ($10::text[] is null or a.outcome = any ($10::text[]))
    and ($11::text is null or a.actor_id = $11::text)
    and ($12::text[] is null or (a.actor_id = any ($12::text[])
                                 and (a.actor_id = any ($13::text[]) or a.actor_type || ':' || a.actor_id = any ($14::text[]))))
    and ($15::text[] is null or a.actor_type = any ($15::text[]))
    and ($16::text[] is null or a.actor_name = any ($16::text[]))
    and ($17::text is null or a.target_id = $17::text)
    and ($18::text[] is null or (a.target_id = any ($18::text[])
                                 and (a.target_id = any ($19::text[]) or a.target_type || ':' || a.target_id = any ($20::text[]))))
    and ($21::text[] is null or a.target_type = any ($21::text[]))
    and ($22::text[] is null or a.source_ip = any ($22::text[]))
    and ($23::text[] is null or a.request_id = any ($23::text[]))
    and ($24::text[] is null or a.correlation_id = any ($24::text[]))
    and ($25::text[] is null or a.trace_id = any ($25::text[]))
    and ($26::text[] is null or a.source = any ($26::text[]))
    -- Pairs of the same key are alternatives; every key must be met.
    and ($27::text[] is null or a.id = any (array(
            select f.id
            from daybook.facets f
            join unnest($27::text[], $28::text[]) as w (key, value) on f.key = w.key and f.value = w.value
            where f.organization_id = $1::uuid and f.id >= $2::uuid and f.id < $3::uuid
            group by f.id
            having count(distinct f.key) = $29::bigint)))
