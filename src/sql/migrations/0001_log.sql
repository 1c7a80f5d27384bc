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
-- hold a microsecond exactly), the variant, 62 other bits.

create function daybook.id_high(uuid) returns bigint
    language sql immutable strict parallel safe
    return ('x' || encode(substring(uuid_send($1) from 1 for 8), 'hex'))::bit(64)::bigint;
comment on function daybook.id_high(uuid) is 'The first eight bytes of a uuid as a number';

create function daybook.id_time(uuid) returns timestamptz
    language sql immutable strict parallel safe
    return to_timestamp((((daybook.id_high($1) >> 16) & 281474976710655) * 1000
                         + ((daybook.id_high($1) & 4095) * 1000 + 999) / 4096)::double precision / 1000000);
comment on function daybook.id_time(uuid) is 'When the event of this id happened, to the microsecond';

-- The epoch of an interval, not of the time itself: PostgreSQL calls the latter STABLE, and does not inline an IMMUTABLE function
-- over it. As numeric, which is exact.
create function daybook.microseconds(timestamptz) returns bigint
    language sql immutable strict parallel safe
    return (extract(epoch from $1 - timestamptz '1970-01-01 00:00:00+00') * 1000000)::bigint;
comment on function daybook.microseconds(timestamptz) is 'Since 1970';

create function daybook.id_floor(timestamptz) returns uuid
    language sql immutable strict parallel safe
    return (lpad(to_hex(((daybook.microseconds($1) / 1000) << 16)
                        | 28672
                        | ((daybook.microseconds($1) % 1000) * 4096 / 1000)), 16, '0')
            || '0000000000000000')::uuid;
comment on function daybook.id_floor(timestamptz) is
    'The least id of this moment: id >= id_floor(t) is "at t or later", and uses the index';

create function daybook.new_id(timestamptz) returns uuid
    language sql volatile strict parallel safe
    -- A random UUIDv4 has the variant already; its first 18 characters become the time and the version 7.
    return overlay(gen_random_uuid()::text placing substr(daybook.id_floor($1)::text, 1, 18) from 1 for 18)::uuid;
comment on function daybook.new_id(timestamptz) is 'A new event id for this moment';

-- ---------------------------------------------------------------- the rules of a row

-- What check_event() refuses in C++, a raw INSERT cannot write either. The first rule that a row breaks, in words, or
-- null: every rule, in an order in which each may rely on those before it. The numbers are those of limits.hpp.
create function daybook.row_problem(
    p_id uuid,
    p_recorded_at timestamptz,
    p_action text,
    p_outcome text,
    p_actor_type text,
    p_actor_id text,
    p_actor_name text,
    p_on_behalf_of json,
    p_targets json,
    p_reason text,
    p_changes json,
    p_source_ip text,
    p_user_agent text,
    p_request_id text,
    p_correlation_id text,
    p_trace_id text,
    p_source text,
    p_metadata json,
    p_facets json,
    p_shaped_by text
) returns text
    language plpgsql immutable parallel safe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_column record;
    v_text text;
    v_problem text;
    v_bytes bigint;
begin
    v_problem := case
        when coalesce(octet_length(p_action), 0) not between 1 and 200 then 'action: 1 to 200 bytes'
        when p_outcome is null or p_outcome not in ('success', 'failure', 'denied', 'unknown')
            then 'outcome: one of success, failure, denied, unknown'
        when coalesce(octet_length(p_actor_type), 0) not between 1 and 200 then 'actor_type: 1 to 200 bytes'
        when coalesce(octet_length(p_actor_id), 0) not between 1 and 2048 then 'actor_id: 1 to 2048 bytes'
        when p_outcome = 'denied' and coalesce(p_reason, '') = '' then 'reason: required for a denied outcome'
        when p_id is null or get_byte(uuid_send(p_id), 6) >> 4 <> 7 or get_byte(uuid_send(p_id), 8) >> 6 <> 2
            then 'id: a UUIDv7'
        when p_id >= daybook.id_floor(p_recorded_at + interval '5 minutes')
            then 'id: its time is more than five minutes ahead of the server''s clock'
        when octet_length(p_correlation_id) > 2048 then 'correlation_id: at most 2048 bytes'
        when octet_length(p_shaped_by) > 1000 then 'shaped_by: at most 1000 bytes'
        when octet_length(p_metadata::text) > 262144 then 'metadata: at most 262144 bytes'
    end;
    if v_problem is not null then
        return v_problem;
    end if;

    -- What json accepts, and whoever reads it later chokes on.
    for v_column in
        select c.name, c.value, c.type, c.levels
        from (values ('on_behalf_of', p_on_behalf_of, 'array', 2),
                     ('targets', p_targets, 'array', 2),
                     -- Each value may have 64 levels; around it are the array and the object of the change.
                     ('changes', p_changes, 'array', 66),
                     ('metadata', p_metadata, 'object', 64),
                     ('facets', p_facets, 'object', 1)) as c (name, value, type, levels)
        where c.value is not null
    loop
        if json_typeof(v_column.value) <> v_column.type then
            return format('%s: a JSON %s', v_column.name, v_column.type);
        end if;
        v_text := v_column.value::text;
        -- An escaped text is at most six times as long; the rest is for what stands around the texts.
        if octet_length(v_text) > 8 * 262144 then
            return 'the event: at most 262144 bytes';
        end if;
        -- Escaped backslashes out of the way, then surrogates that are pairs.
        if strpos(v_text, E'\\u') > 0
           and regexp_replace(replace(v_text, E'\\\\', '..'), E'\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..', '', 'g')
               ~ E'\\\\u(?:0000|[dD][89a-fA-F])' then
            return v_column.name || E': \\u0000 or a lone surrogate';
        end if;
        -- Without its strings, what is left are numbers, words, and what gives structure.
        v_text := regexp_replace(v_text, E'"(?:[^"\\\\]|\\\\.)*"', '', 'g');
        if v_text ~ '[eE][-+]?0*[1-9][0-9]{3}' then
            return v_column.name || ': an exponent beyond 999';
        end if;
        if octet_length(v_text) > 1024
           and exists (select
                       from string_to_table(translate(v_text, E'{}[]: \t\n\r', ',,,,,,,,,'), ',') as n (number)
                       where octet_length(n.number) > 1024) then
            return v_column.name || ': a number of more than 1024 characters';
        end if;
        -- Each round takes away the innermost brackets.
        v_text := translate(regexp_replace(v_text, '[^][{}]+', '', 'g'), '{}', '[]');
        for v_round in 1..v_column.levels loop
            exit when v_text = '';
            v_text := replace(v_text, '[]', '');
        end loop;
        if v_text <> '' then
            return format('%s: more than %s levels', v_column.name, v_column.levels);
        end if;
    end loop;

    if json_array_length(p_on_behalf_of) > 32 then
        return 'on_behalf_of: at most 32 entries';
    elsif json_array_length(p_targets) > 32 then
        return 'targets: at most 32 entries';
    elsif json_array_length(p_changes) > 1000 then
        return 'changes: at most 1000 entries';
    end if;

    if p_on_behalf_of is not null or p_targets is not null then
        select format('%s[%s]: an object with a type (200 bytes), an id (2048 bytes) and a name, all texts, each once',
                      l.name, e.position)
        into v_problem
        from (values ('on_behalf_of', p_on_behalf_of), ('targets', p_targets)) as l (name, list)
        cross join lateral json_array_elements(l.list) with ordinality as e (value, position)
        where case
                  when json_typeof(e.value) <> 'object' then true
                  when (select count(*) > count(distinct m.key)
                               or bool_or(m.key not in ('type', 'id', 'name')
                                          or json_typeof(m.value) not in ('string', 'null'))
                        from json_each(e.value) as m) then true
                  when octet_length(e.value ->> 'type') > 200 or octet_length(e.value ->> 'id') > 2048 then true
                  when l.name = 'targets' then coalesce(e.value ->> 'type', '') = '' and coalesce(e.value ->> 'id', '') = ''
                  else coalesce(e.value ->> 'type', '') = '' or coalesce(e.value ->> 'id', '') = ''
              end
        limit 1;
        if v_problem is not null then
            return v_problem;
        end if;
    end if;

    if p_changes is not null then
        select format('changes[%s]: an object with a path (RFC 6901), old and new, each once', e.position)
        into v_problem
        from json_array_elements(p_changes) with ordinality as e (value, position)
        where case
                  when json_typeof(e.value) <> 'object' then true
                  when (select count(*) > count(distinct m.key) or bool_or(m.key not in ('path', 'old', 'new'))
                        from json_each(e.value) as m) then true
                  else json_typeof(e.value -> 'path') is distinct from 'string'
                       or e.value ->> 'path' !~ '^(?:/(?:[^~/]|~[01])*)*$'
              end
        limit 1;
        if v_problem is not null then
            return v_problem;
        end if;
    end if;

    if p_facets is not null
       and (select count(*) > 32 or count(*) > count(distinct f.key)
                   or bool_or(octet_length(f.key) not between 1 and 100 or json_typeof(f.value) <> 'string'
                              or octet_length(f.value #>> '{}') > 1024)
            from json_each(p_facets) as f) then
        return 'facets: at most 32 texts of 1024 bytes, each under a key of its own of 1 to 100 bytes';
    end if;

    -- What is written is never shorter than what it says. What it says, without what JSON puts around it, is what C++
    -- adds up.
    v_bytes := octet_length(concat(p_action, p_actor_type, p_actor_id, p_actor_name, p_reason, p_source_ip, p_user_agent,
                                   p_request_id, p_correlation_id, p_trace_id, p_source, p_metadata));
    if v_bytes + octet_length(concat(p_on_behalf_of, p_targets, p_changes, p_facets)) > 262144 then
        v_bytes := v_bytes
            + (select coalesce(sum(octet_length(concat(e ->> 'type', e ->> 'id', e ->> 'name'))), 0)
               from (values (p_on_behalf_of), (p_targets)) as l (list)
               cross join lateral json_array_elements(l.list) as e)
            + (select coalesce(sum(octet_length(concat(e ->> 'path', e -> 'old', e -> 'new'))), 0)
               from json_array_elements(p_changes) as e)
            + (select coalesce(sum(octet_length(concat(f.key, f.value #>> '{}'))), 0) from json_each(p_facets) as f);
        if v_bytes > 262144 then
            return format('the event: %s bytes; 262144 are allowed', v_bytes);
        end if;
    end if;
    return null;
end
$$;

-- What an ordinary row looks like is recognised by cheap tests alone. They may be too strict, since row_problem() has
-- the last word, at five times the price. Rebuilding an entry from its parts shows, without looking at each character, that
-- nothing is escaped in it, repeated or beside what is known. A regular expression costs PostgreSQL about 80 ns for each of its
-- states, each time: hence so few, and so short. A number stands behind a colon, a comma, a bracket or a blank: hexadecimal
-- texts do not look like exponents then. A search_path of their own would cost 2 us; they run under row_is_valid()'s. But a
-- session's first call fixes the types of variables, whoever calls: hence their full names.

create function daybook.json_is_plain(text) returns boolean
    language sql immutable parallel safe
    return $1 !~ E'[[:space:]:,[]-?[0-9][0-9.]*[eE][-+]?[0-9]{4}|\\\\u(?:0000|[dD][89a-fA-F])'
           -- 65 levels take 130 bytes.
           and (octet_length($1) < 130
                or (octet_length($1) - octet_length(replace(replace($1, '{', ''), '[', '')) <= 64
                    and (octet_length($1) <= 1024 or $1 !~ '[0-9]{40}')));
comment on function daybook.json_is_plain(text) is 'No escaped character, number or depth that needs a closer look';

create function daybook.entities_are_plain(p_entities json) returns boolean
    language plpgsql immutable parallel safe
as $$
declare
    v_one pg_catalog.json;
    v_type pg_catalog.text;
    v_id pg_catalog.text;
begin
    -- One entry, and short: nearly every event.
    if octet_length(p_entities::text) <= 200
       and p_entities::text = '[{"type":"' || (p_entities #>> '{0,type}') || '","id":"' || (p_entities #>> '{0,id}')
                              || coalesce('","name":"' || (p_entities #>> '{0,name}'), '') || '"}]'
       and p_entities #>> '{0,type}' <> ''
       and p_entities #>> '{0,id}' <> '' then
        return true;
    end if;
    if json_typeof(p_entities) <> 'array' or octet_length(p_entities::text) > 20000 or strpos(p_entities::text, E'\\') > 0 then
        return false;
    end if;
    for v_index in 0..json_array_length(p_entities) - 1 loop
        v_one := p_entities -> v_index;
        v_type := v_one ->> 'type';
        v_id := v_one ->> 'id';
        if v_index = 32
           or octet_length(v_type) not between 1 and 200
           or octet_length(v_id) not between 1 and 2048
           or v_one::text is distinct from '{"type":"' || v_type || '","id":"' || v_id
                                           || coalesce('","name":"' || (v_one ->> 'name'), '') || '"}' then
            return false;
        end if;
    end loop;
    return true;
end
$$;
comment on function daybook.entities_are_plain(json) is 'Targets as the engine writes them, nothing escaped';

create function daybook.changes_are_plain(p_changes json) returns boolean
    language plpgsql immutable parallel safe
as $$
declare
    v_one pg_catalog.json;
    v_path pg_catalog.text;
begin
    if octet_length(p_changes::text) < 130
       and p_changes::text !~ E'[[:space:]:,[]-?[0-9][0-9.]*[eE][-+]?[0-9]{4}|\\\\u(?:0000|[dD][89a-fA-F])'
       and p_changes::text = '[{"path":"' || (p_changes #>> '{0,path}') || '"'
                             || coalesce(',"old":' || (p_changes #> '{0,old}'), '')
                             || coalesce(',"new":' || (p_changes #> '{0,new}'), '') || '}]'
       and p_changes #>> '{0,path}' ~ '^/[^~]*$' then
        return true;
    end if;
    if json_typeof(p_changes) <> 'array' or octet_length(p_changes::text) > 20000
       or not daybook.json_is_plain(p_changes::text) then
        return false;
    end if;
    for v_index in 0..json_array_length(p_changes) - 1 loop
        v_one := p_changes -> v_index;
        v_path := v_one ->> 'path';
        if v_index = 20  -- each is found from the beginning
           or v_path is null
           or not starts_with(v_path, '/')
           or strpos(v_path, '~') > 0
           or v_one::text is distinct from '{"path":"' || v_path || '"' || coalesce(',"old":' || (v_one -> 'old'), '')
                                           || coalesce(',"new":' || (v_one -> 'new'), '') || '}' then
            return false;
        end if;
    end loop;
    return true;
end
$$;
comment on function daybook.changes_are_plain(json) is 'Changes as the engine writes them, nothing escaped in a path';

create function daybook.facets_are_plain(text, text) returns boolean
    language sql immutable parallel safe
    -- jsonb has a space behind each colon and comma, and each key once.
    return octet_length($1) <= 100
           and $1 ~ E'^\\{"[^"\\\\]+":"[^"\\\\]*"(?:,"[^"\\\\]+":"[^"\\\\]*")*\\}$'
           and octet_length($2) = octet_length($1) + (octet_length($1) - octet_length(replace($1, '":"', ''))) / 3 * 2 - 1;
comment on function daybook.facets_are_plain(text, text) is 'Facets, as json and as jsonb: few, short, nothing escaped or repeated';

-- The CHECK of a row. PostgreSQL parses every CHECK again for each statement, about 5 us each; a plpgsql body is parsed
-- once a session: so there is one.
create function daybook.row_is_valid(
    p_id uuid,
    p_recorded_at timestamptz,
    p_action text,
    p_outcome text,
    p_actor_type text,
    p_actor_id text,
    p_actor_name text,
    p_on_behalf_of json,
    p_targets json,
    p_reason text,
    p_changes json,
    p_source_ip text,
    p_user_agent text,
    p_request_id text,
    p_correlation_id text,
    p_trace_id text,
    p_source text,
    p_metadata json,
    p_facets json,
    p_shaped_by text
) returns boolean
    language plpgsql immutable parallel safe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text;
begin
    -- An expression is prepared once a transaction, at 0.1 us for each of its parts: what a row does not have costs little.
    if octet_length(p_action) between 1 and 200
       and p_outcome in ('success', 'failure', 'denied', 'unknown')
       and octet_length(p_actor_type) between 1 and 200
       and octet_length(p_actor_id) between 1 and 2048
       and (p_outcome <> 'denied' or p_reason <> '')
       and get_byte(uuid_send(p_id), 6) >> 4 = 7
       and get_byte(uuid_send(p_id), 8) >> 6 = 2
       -- Its milliseconds; row_problem() compares exactly.
       and ('x' || encode(substr(uuid_send(p_id), 1, 6), 'hex'))::bit(48)::bigint
           < date_part('epoch', p_recorded_at) * 1000 + 299999
       and (p_correlation_id is null or octet_length(p_correlation_id) <= 2048)
       and (p_shaped_by is null or octet_length(p_shaped_by) <= 1000)
       -- All together: what is not added up here is bounded by its own test.
       and octet_length(concat(p_actor_name, p_reason, p_source_ip, p_user_agent, p_request_id, p_trace_id, p_source,
                               p_metadata)) <= 190000
       and (p_targets is null or daybook.entities_are_plain(p_targets))
       and (p_metadata is null or (json_typeof(p_metadata) = 'object' and daybook.json_is_plain(p_metadata::text)))
    then
        if p_on_behalf_of is null and p_changes is null and p_facets is null then
            return true;
        end if;
        if (p_on_behalf_of is null or daybook.entities_are_plain(p_on_behalf_of))
           and (p_changes is null or daybook.changes_are_plain(p_changes))
           and (p_facets is null or daybook.facets_are_plain(p_facets::text, p_facets::jsonb::text)) then
            return true;
        end if;
    end if;

    v_problem := daybook.row_problem(
        p_id, p_recorded_at, p_action, p_outcome, p_actor_type, p_actor_id, p_actor_name, p_on_behalf_of, p_targets,
        p_reason, p_changes, p_source_ip, p_user_agent, p_request_id, p_correlation_id, p_trace_id, p_source, p_metadata,
        p_facets, p_shaped_by);
    if v_problem is not null then
        raise exception 'event refused: %', v_problem using errcode = 'check_violation';
    end if;
    return true;
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
                                        and key !~ E'[\\u0001-\\u001f\\u007f-\\u009f]'
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
    shaped_by text collate "C",
    db_role text collate "C" not null default session_user,
    schema_version smallint not null default 1,
    primary key (organization_id, id)
) partition by range (id);
comment on table daybook.audit_logs is 'The events, append-only, one organization visible at a time';

-- NOT VALID binds every row that comes as well as a valid CHECK does, and the planner leaves it alone: of each partition, it
-- would parse a valid one for every query, to see whether the query contradicts it, which was a third of the time of a page.
alter table daybook.audit_logs
    add constraint audit_logs_not_nil check (organization_id <> '00000000-0000-0000-0000-000000000000') not valid,
    add constraint audit_logs_row_is_valid check (daybook.row_is_valid(
        id, recorded_at, action, outcome, actor_type, actor_id, actor_name, on_behalf_of, targets, reason, changes,
        source_ip, user_agent, request_id, correlation_id, trace_id, source, metadata, facets, shaped_by)) not valid;

create index audit_logs_action on daybook.audit_logs (organization_id, action, id);
create index audit_logs_actor on daybook.audit_logs (organization_id, actor_id, id);
create index audit_logs_target on daybook.audit_logs (organization_id, target_id, id) where target_id is not null;
create index audit_logs_correlation on daybook.audit_logs (organization_id, correlation_id, id)
    where correlation_id is not null;

-- Searchable pairs, always derivable from audit_logs.facets. A table of its own with a plain btree, because
-- row-level security keeps jsonb and expression indexes from being used. Its partitions have the bounds of the log's, and
-- go when theirs go.
create table daybook.facets (
    organization_id uuid not null,
    key text collate "C" not null,
    value text collate "C" not null,
    id uuid not null,
    primary key (organization_id, key, value, id)
) partition by range (id);
comment on table daybook.facets is 'One row for each facet of an event, written by a trigger';
-- Not BETWEEN: printed and read again, as add_partition() does, it becomes another expression.
alter table daybook.facets
    add constraint facets_size check (octet_length(key) >= 1 and octet_length(key) <= 100 and octet_length(value) <= 1024) not valid;

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
    alter table daybook.organizations alter column key set statistics 0, alter column name set statistics 0;
end
$do$;

-- ---------------------------------------------------------------- how the log is divided

create table daybook.partitioning (
    one boolean primary key default true check (one),
    period text collate "C" not null default 'month' check (period in ('week', 'month', 'quarter', 'year')),
    ahead smallint not null default 3 check (ahead between 1 and 120)
);
comment on table daybook.partitioning is 'One row: how long a time a partition holds, and how many are made ahead';
insert into daybook.partitioning default values;

create table daybook.retired_partitions (
    name text collate "C" primary key,
    facets_name text collate "C" not null,
    lower uuid,
    upper uuid not null,
    how text collate "C" not null check (how in ('drop', 'detach')),
    retired_at timestamptz not null default clock_timestamp(),
    retired_by text collate "C" not null default session_user,
    events bigint,
    organizations bigint,
    -- By organization: how many events no seal covered, if they were let go all the same.
    unsealed jsonb,
    finished_at timestamptz
);
comment on table daybook.retired_partitions is 'Partitions that retention took out of the log';
