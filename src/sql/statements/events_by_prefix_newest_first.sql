-- One page of events, found by what their action begins with: one of $25. Parameters as in events_newest_first.
--
-- The index knows actions in the order of their names, and each action's events in the order of ids. So the actions are looked
-- up first, from one to the next, without reading the events between, and then as in events_by_action_newest_first.
-- Whole partitions are asked, $27 to $28: within them, the index would have to pass over events outside of the range.
with recursive known (prefix, action) as (
    select p.prefix, (select a.action
                      from daybook.audit_logs a
                      where a.organization_id = $1::uuid and a.action >= p.prefix and a.id >= $27::uuid and a.id < $28::uuid
                      order by a.action
                      limit 1)
    from unnest($25::text[]) as p (prefix)
    union all
    select k.prefix, (select a.action
                      from daybook.audit_logs a
                      where a.organization_id = $1::uuid and a.action > k.action and a.id >= $27::uuid and a.id < $28::uuid
                      order by a.action
                      limit 1)
    from known k
    where k.action ^@ k.prefix
)
select a.*
from (select distinct k.action from known k where k.action ^@ k.prefix) v
cross join lateral (
    select
\ir stored_columns.sql
    from daybook.audit_logs a
    where a.organization_id = $1::uuid and a.action = v.action and a.id >= $2::uuid and a.id < $3::uuid and
\ir event_filter.sql
    order by a.id desc
    limit (select $4::bigint)
) a
order by a.id desc
limit (select $4::bigint)
