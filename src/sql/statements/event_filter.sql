-- The one filter, but for the organization, the range of ids, and what leads to the events. A parameter that is null asks for
-- nothing. `is true` changes no answer: it keeps the planner from taking an index for one of these instead, which would not
-- give the events in the order of their ids.
    (
    ($5::text[] is null or a.action = any ($5::text[])
         or exists (select from unnest($6::text[]) as p (prefix) where a.action ^@ p.prefix))
    and ($7::text[] is null or a.outcome = any ($7::text[]))
    -- $23 are the ids that may be meant, $8 the values taken as ids, $9 those taken as type and id.
    and ($23::text[] is null or (a.actor_id = any ($23::text[])
                                 and (a.actor_id = any ($8::text[]) or a.actor_type || ':' || a.actor_id = any ($9::text[]))))
    and ($10::text[] is null or a.actor_type = any ($10::text[]))
    and ($11::text[] is null or a.actor_name = any ($11::text[]))
    and ($24::text[] is null or (a.target_id = any ($24::text[])
                                 and (a.target_id = any ($12::text[]) or a.target_type || ':' || a.target_id = any ($13::text[]))))
    and ($14::text[] is null or a.target_type = any ($14::text[]))
    and ($15::text[] is null or a.source_ip = any ($15::text[]))
    and ($16::text[] is null or a.request_id = any ($16::text[]))
    and ($17::text[] is null or a.correlation_id = any ($17::text[]))
    and ($18::text[] is null or a.trace_id = any ($18::text[]))
    and ($19::text[] is null or a.source = any ($19::text[]))
    -- Pairs of the same key are alternatives; every key must be met. From the row itself, which has been read anyway.
    and ($20::text[] is null or $22::bigint = (select count(distinct w.key)
                                               from unnest($20::text[], $21::text[]) as w (key, value)
                                               where a.facets ->> w.key = w.value))
    ) is true
