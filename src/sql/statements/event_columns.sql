organization_id, id, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason, changes, source_ip,
    user_agent, request_id, correlation_id, trace_id, source, metadata, facets, shaped_by
