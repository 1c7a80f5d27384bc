a.organization_id, a.id, a.recorded_at, a.action, a.outcome, a.actor_type, a.actor_id, a.actor_name, a.on_behalf_of,
    a.targets, a.reason, a.changes, a.source_ip, a.user_agent, a.request_id, a.correlation_id, a.trace_id, a.source,
    a.metadata, a.facets, a.shaped_by, a.db_role, a.schema_version
