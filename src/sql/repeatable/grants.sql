-- Who may do what. Everything is taken away from the roles that serve a purpose first; a grant to anybody else is found by
-- migrate verify.

revoke all on schema daybook from public;
revoke all on all tables in schema daybook from public, :"app", :"reader", :"sealer", :"auditor";
revoke all on all functions in schema daybook from public, :"app", :"reader", :"sealer", :"auditor";
revoke all on all procedures in schema daybook from public, :"app", :"reader", :"sealer", :"auditor";

grant usage on schema daybook to :"app", :"reader", :"sealer", :"auditor";

grant select on daybook.audit_logs, daybook.organizations to :"app", :"reader", :"sealer", :"auditor";
grant select on daybook.facets, daybook.events to :"app", :"reader", :"auditor";
grant select on daybook.leaves, daybook.tiles, daybook.checkpoints to :"app", :"reader", :"sealer", :"auditor";
grant select on daybook.seal_queue to :"app", :"sealer", :"auditor";

-- Column by column: recorded_at, db_role and schema_version are the database's to say.
grant insert (organization_id, id, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason,
              changes, source_ip, user_agent, request_id, correlation_id, trace_id, source, metadata, facets, shaped_by)
    on daybook.audit_logs to :"app";

-- The sealer appends, and takes away what waited.
grant insert on daybook.leaves, daybook.tiles, daybook.checkpoints, daybook.seal_queue to :"sealer";
grant delete on daybook.seal_queue to :"sealer";
grant execute on function daybook.record_key(uuid, text, text, text) to :"sealer";

grant execute on function
    daybook.set_tenant(uuid),
    daybook.begin_scope(uuid, text),
    daybook.write_event,
    daybook.write_events,
    daybook.organization_of(text),
    daybook.reader_token(text, bigint)
    to :"app";
grant execute on function daybook.redeem_ticket(text), daybook.reader_backend(), daybook.reader_organization()
    to :"reader";
grant execute on function daybook.schema_level() to :"app", :"reader", :"sealer", :"auditor";

-- Defaults and checks run with the rights of whoever inserts; all of these are pure.
grant execute on function
    daybook.id_high(uuid),
    daybook.id_time(uuid),
    daybook.microseconds(timestamptz),
    daybook.id_floor(timestamptz),
    daybook.new_id(timestamptz)
    to :"app", :"reader", :"sealer", :"auditor";
grant execute on function
    daybook.row_is_valid,
    daybook.row_problem,
    daybook.json_is_plain,
    daybook.entities_are_plain,
    daybook.changes_are_plain,
    daybook.facets_are_plain,
    daybook.check_written(bigint, bigint)
    to :"app";
