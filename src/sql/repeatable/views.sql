-- What people read: daybook.events, one row an event, with friendly columns.
--
-- security_invoker: the view reads with the rights and under the policies of whoever asks, not of its owner. No
-- security_barrier: the view filters nothing, the policies below it are a barrier already, and a second one would keep
-- "the newest 50" from using the primary key.

drop view if exists daybook.events;
create view daybook.events with (security_invoker = true) as
select
    a.id,
    daybook.id_time(a.id) as occurred_at,
    a.action,
    a.outcome,
    a.actor_type,
    a.actor_id,
    a.actor_name,
    a.on_behalf_of,
    a.target_type,
    a.target_id,
    a.targets,
    a.reason,
    a.changes,
    a.source_ip,
    a.user_agent,
    a.request_id,
    a.correlation_id,
    a.trace_id,
    a.source,
    a.metadata,
    a.facets,
    a.shaped_by,
    a.recorded_at,
    a.db_role,
    a.schema_version,
    a.organization_id
from daybook.audit_logs a;

comment on view daybook.events is 'The events of this organization';
comment on column daybook.events.id is 'UUIDv7: its first bits are the time; for a fast time range, id >= daybook.id_floor(''2026-11-20'')';
comment on column daybook.events.occurred_at is 'When it happened, from the id';
comment on column daybook.events.action is 'What was done, noun.verb by custom';
comment on column daybook.events.outcome is 'success, failure, denied or unknown';
comment on column daybook.events.actor_type is 'What kind of actor: user, service, anonymous, system, unknown';
comment on column daybook.events.actor_id is 'Who did it';
comment on column daybook.events.actor_name is 'The actor''s name at the time';
comment on column daybook.events.on_behalf_of is 'For whom, outermost first: [{type, id, name}]';
comment on column daybook.events.target_type is 'What kind of thing the first target is';
comment on column daybook.events.target_id is 'The first target';
comment on column daybook.events.targets is 'All targets: [{type, id, name}]';
comment on column daybook.events.reason is 'Why; always there for denied';
comment on column daybook.events.changes is 'What changed: [{path, old, new}]';
comment on column daybook.events.source_ip is 'From where, as the source wrote it';
comment on column daybook.events.user_agent is 'With which program';
comment on column daybook.events.request_id is 'The request that it was part of';
comment on column daybook.events.correlation_id is 'What connects several events';
comment on column daybook.events.trace_id is 'The trace in a tracing system';
comment on column daybook.events.source is 'The program or system that reported it';
comment on column daybook.events.metadata is 'Everything else, exactly as it was given';
comment on column daybook.events.facets is 'The searchable pairs';
comment on column daybook.events.shaped_by is 'The digests of the rules that it went through before it was written';
comment on column daybook.events.recorded_at is 'When the database wrote it';
comment on column daybook.events.db_role is 'The database role that wrote it';
comment on column daybook.events.schema_version is 'The version of the row''s form';
comment on column daybook.events.organization_id is 'The organization: always the one of the scope';
