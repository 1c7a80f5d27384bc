-- For each event that was sent, in order: is a row of its id there, and is it the same event? Parameters as in
-- write_events. JSON is compared as the text that is stored.
select
    a.id is not null as present,
    coalesce(
        (a.action, a.outcome, a.actor_type, a.actor_id, a.actor_name, a.on_behalf_of::text, a.targets::text, a.reason,
         a.changes::text, a.source_ip, a.user_agent, a.request_id, a.correlation_id, a.trace_id, a.source,
         a.metadata::text, a.facets::text)
        is not distinct from
        (e.action, e.outcome, e.actor_type, e.actor_id, e.actor_name, e.on_behalf_of::text, e.targets::text, e.reason,
         e.changes::text, e.source_ip, e.user_agent, e.request_id, e.correlation_id, e.trace_id, e.source,
         e.metadata::text, e.facets::text), false) as identical
from
\ir event_rows.sql
left join daybook.audit_logs a on a.organization_id = $1::uuid and a.id = e.id
order by e.position
