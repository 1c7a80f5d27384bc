-- The log, its organizations, and what belongs to them. Policies, triggers, functions and grants are in repeatable/.
--
-- Run as the owner's role, in a database where it may create a schema. No extension, no superuser.

create schema daybook;
comment on schema daybook is 'Daybook: an append-only audit log, isolated by organization';

-- ---------------------------------------------------------------- what was applied

create table daybook.migrations (
    name text collate "C" primary key,
    checksum text collate "C" not null,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text collate "C" not null default session_user,
    applied_with text collate "C" not null
);
comment on table daybook.migrations is 'Which files of Daybook were applied, with the SHA-256 of their text';

create table daybook.roles (
    purpose text collate "C" not null check (purpose in ('owner', 'app', 'reader', 'sealer', 'auditor')),
    role text collate "C" not null,
    primary key (purpose, role)
);
comment on table daybook.roles is 'Which database role serves which purpose; a host may have several application roles';

create table daybook.expected_schema (
    line text collate "C" primary key
);
comment on table daybook.expected_schema is 'What the migrations left behind, line by line: daybook migrate verify compares';

-- ---------------------------------------------------------------- the id of an event carries its time

-- RFC 9562, UUIDv7: 48 bits of milliseconds, the version, 12 bits of fraction (here 4096ths of a millisecond, which
-- hold a microsecond exactly), the variant, 62 other bits. Single expressions, so that PostgreSQL inlines them.

create function daybook.id_high(uuid) returns bigint
    language sql immutable strict parallel safe
    return ('x' || encode(substring(uuid_send($1) from 1 for 8), 'hex'))::bit(64)::bigint;
comment on function daybook.id_high(uuid) is 'The first eight bytes of a uuid as a number';

create function daybook.id_time(uuid) returns timestamptz
    language sql immutable strict parallel safe
    return to_timestamp((((daybook.id_high($1) >> 16) & 281474976710655) * 1000
                         + ((daybook.id_high($1) & 4095) * 1000 + 999) / 4096)::double precision / 1000000);
comment on function daybook.id_time(uuid) is 'When the event of this id happened, to the microsecond';

create function daybook.id_floor(timestamptz) returns uuid
    language sql immutable strict parallel safe
    return (lpad(to_hex((((date_part('epoch', $1) * 1000000)::bigint / 1000) << 16)
                        | 28672
                        | (((date_part('epoch', $1) * 1000000)::bigint % 1000) * 4096 / 1000)), 16, '0')
            || '0000000000000000')::uuid;
comment on function daybook.id_floor(timestamptz) is
    'The least id of this moment: id >= id_floor(t) is "at t or later", and uses the index';

create function daybook.new_id(timestamptz) returns uuid
    language sql volatile strict parallel safe
    -- A random UUIDv4 has the variant already; its first 18 characters become the time and the version 7.
    return overlay(gen_random_uuid()::text placing substr(daybook.id_floor($1)::text, 1, 18) from 1 for 18)::uuid;
comment on function daybook.new_id(timestamptz) is 'A new event id for this moment';

-- ---------------------------------------------------------------- the rules of a row

-- PostgreSQL parses every CHECK again for each statement, about 5 us each; a plpgsql body is parsed once a session.
-- So all rules are in one function: first whether all hold, and only if not, which one.
create function daybook.row_is_valid(
    p_id uuid,
    p_recorded_at timestamptz,
    p_action text,
    p_outcome text,
    p_actor_type text,
    p_actor_id text,
    p_on_behalf_of json,
    p_targets json,
    p_target_type text,
    p_target_id text,
    p_reason text,
    p_changes json,
    p_correlation_id text,
    p_metadata json,
    p_facets json
) returns boolean
    language plpgsql immutable parallel safe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_broken text;
begin
    if octet_length(p_action) between 1 and 200
       and p_outcome in ('success', 'failure', 'denied', 'unknown')
       and octet_length(p_actor_type) between 1 and 200
       and octet_length(p_actor_id) between 1 and 2048
       and (p_outcome <> 'denied' or p_reason <> '')
       and get_byte(uuid_send(p_id), 6) >> 4 = 7
       and get_byte(uuid_send(p_id), 8) >> 6 = 2
       and p_id < daybook.id_floor(p_recorded_at + interval '5 minutes')
       and (p_targets is null or (json_typeof(p_targets) = 'array'
                                  and coalesce(octet_length(p_target_type), 0) <= 200
                                  and coalesce(octet_length(p_target_id), 0) <= 2048))
       and (p_on_behalf_of is null or json_typeof(p_on_behalf_of) = 'array')
       and (p_changes is null or json_typeof(p_changes) = 'array')
       and (p_correlation_id is null or octet_length(p_correlation_id) <= 2048)
       and (p_metadata is null or (json_typeof(p_metadata) = 'object' and octet_length(p_metadata::text) <= 262144))
       and (p_facets is null or json_typeof(p_facets) = 'object')
    then
        return true;
    end if;

    v_broken := case
        when coalesce(octet_length(p_action), 0) not between 1 and 200 then 'action: 1 to 200 bytes'
        when p_outcome is null or p_outcome not in ('success', 'failure', 'denied', 'unknown')
            then 'outcome: one of success, failure, denied, unknown'
        when coalesce(octet_length(p_actor_type), 0) not between 1 and 200 then 'actor_type: 1 to 200 bytes'
        when coalesce(octet_length(p_actor_id), 0) not between 1 and 2048 then 'actor_id: 1 to 2048 bytes'
        when p_outcome = 'denied' and coalesce(p_reason, '') = '' then 'reason: required for a denied outcome'
        when get_byte(uuid_send(p_id), 6) >> 4 <> 7 or get_byte(uuid_send(p_id), 8) >> 6 <> 2 then 'id: a UUIDv7'
        when p_id >= daybook.id_floor(p_recorded_at + interval '5 minutes')
            then 'id: its time is more than five minutes ahead of the server''s clock'
        when octet_length(p_metadata::text) > 262144 then 'metadata: at most 262144 bytes'
        when octet_length(p_target_type) > 200 then 'targets: a type has at most 200 bytes'
        when octet_length(p_target_id) > 2048 then 'targets: an id has at most 2048 bytes'
        when octet_length(p_correlation_id) > 2048 then 'correlation_id: at most 2048 bytes'
        else 'on_behalf_of, targets, changes: JSON arrays; metadata, facets: JSON objects'
    end;
    raise exception 'event refused: %', v_broken using errcode = 'check_violation';
end
$$;

-- ---------------------------------------------------------------- organizations

create table daybook.organizations (
    id uuid primary key default gen_random_uuid(),
    key text collate "C" not null unique,
    name text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    constraint organizations_not_nil check (id <> '00000000-0000-0000-0000-000000000000'),
    -- A text in the form of a uuid is always an id, wherever an organization is named.
    constraint organizations_key check (octet_length(key) between 1 and 200
                                        and key !~ '[\u0001-\u001f\u007f-\u009f]'
                                        and key !~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$')
);
comment on table daybook.organizations is 'The organizations (tenants); inside a scope only the own row is visible';
comment on column daybook.organizations.id is 'The id that every row of the organization carries';
comment on column daybook.organizations.key is 'How people and configuration name the organization';
comment on column daybook.organizations.name is 'For people';
comment on column daybook.organizations.created_at is 'When it was added';

-- ---------------------------------------------------------------- the log

create table daybook.audit_logs (
    organization_id uuid not null default nullif(current_setting('app.org_id', true), '')::uuid,
    id uuid not null default daybook.new_id(statement_timestamp()),
    -- now() would be the start of the transaction, which may be hours ago.
    recorded_at timestamptz not null default statement_timestamp(),
    action text collate "C" not null,
    outcome text collate "C" not null default 'success',
    actor_type text collate "C" not null,
    actor_id text collate "C" not null,
    actor_name text collate "C",
    on_behalf_of json,
    targets json,
    target_type text collate "C" generated always as (targets -> 0 ->> 'type') stored,
    target_id text collate "C" generated always as (targets -> 0 ->> 'id') stored,
    reason text collate "C",
    changes json,
    source_ip text collate "C",
    user_agent text collate "C",
    request_id text collate "C",
    correlation_id text collate "C",
    trace_id text collate "C",
    source text collate "C",
    metadata json,
    facets json,
    db_role text collate "C" not null default session_user,
    schema_version smallint not null default 1,
    primary key (organization_id, id),
    constraint audit_logs_not_nil check (organization_id <> '00000000-0000-0000-0000-000000000000'),
    constraint audit_logs_row_is_valid check (daybook.row_is_valid(
        id, recorded_at, action, outcome, actor_type, actor_id, on_behalf_of, targets, target_type, target_id,
        reason, changes, correlation_id, metadata, facets))
) partition by range (id);
comment on table daybook.audit_logs is 'The events, append-only, one organization visible at a time';

create index audit_logs_action on daybook.audit_logs (organization_id, action, id);
create index audit_logs_actor on daybook.audit_logs (organization_id, actor_id, id);
create index audit_logs_target on daybook.audit_logs (organization_id, target_id, id) where target_id is not null;
create index audit_logs_correlation on daybook.audit_logs (organization_id, correlation_id, id)
    where correlation_id is not null;

-- Searchable pairs, always derivable from audit_logs.facets. A table of its own with a plain btree, because
-- row-level security keeps jsonb and expression indexes from being used.
create table daybook.facets (
    organization_id uuid not null,
    key text collate "C" not null,
    value text collate "C" not null,
    id uuid not null,
    primary key (organization_id, key, value, id),
    constraint facets_size check (octet_length(key) between 1 and 100 and octet_length(value) <= 1024)
);
comment on table daybook.facets is 'One row for each facet of an event, written by a trigger';

-- Texts that say something about one organization stay out of the planner's statistics: whoever may EXPLAIN can read
-- them back from row estimates, whatever the policies say. close_partition() does the same for each partition.
do $do$
declare
    v_column text;
begin
    foreach v_column in array array['actor_id', 'actor_name', 'on_behalf_of', 'targets', 'target_id', 'reason', 'changes',
                                    'source_ip', 'user_agent', 'request_id', 'correlation_id', 'trace_id', 'source',
                                    'metadata', 'facets']
    loop
        execute format('alter table daybook.audit_logs alter column %I set statistics 0', v_column);
    end loop;
    alter table daybook.facets alter column value set statistics 0;
end
$do$;

-- Events of any other time. Partitions for the months to come are made by migrate.
create table daybook.audit_logs_default partition of daybook.audit_logs default;
