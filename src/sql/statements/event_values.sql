$1::uuid, e.id, e.action, e.outcome, e.actor_type, e.actor_id, e.actor_name, e.on_behalf_of, e.targets, e.reason,
           e.changes, e.source_ip, e.user_agent, e.request_id, e.correlation_id, e.trace_id, e.source, e.metadata, e.facets,
           e.shaped_by
