-- Functions and procedures that may change from version to version.

create or replace function daybook.set_tenant(p_organization uuid) returns void
    language plpgsql volatile parallel unsafe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_now text := current_setting('app.org_id', true);
begin
    if p_organization is null or p_organization = '00000000-0000-0000-0000-000000000000' then
        raise exception 'set_tenant: an organization is required' using errcode = 'null_value_not_allowed';
    end if;
    -- '' is what a local setting leaves behind on a reused connection.
    if v_now <> '' and v_now <> p_organization::text then
        raise exception 'set_tenant: this transaction already belongs to another organization'
            using errcode = 'active_sql_transaction';
    end if;
    -- SET LOCAL takes no parameter, and set_config() would not reach the workers of a Citus cluster.
    execute format('set local app.org_id = %L', p_organization);
end
$$;
comment on function daybook.set_tenant(uuid) is 'Locks this transaction to one organization; a change is refused';

create or replace function daybook.organization_of(p_key text) returns uuid
    language sql stable strict security definer parallel restricted
    set search_path = pg_catalog, pg_temp
    begin atomic
        select o.id from daybook.organizations o where o.key = p_key;
    end;
comment on function daybook.organization_of(text) is 'The id of the organization with exactly this key; reveals nothing else';

create or replace function daybook.schema_level() returns text
    language sql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
    begin atomic
        select max(m.name) from daybook.migrations m where m.name ~ '^[0-9]';
    end;
comment on function daybook.schema_level() is 'The newest numbered migration that was applied';

-- What a scope begins with, in the flush that carries its first statement, and perhaps its COMMIT: so nobody looks at the
-- answer before that, and what is not as it should be is an error. The library found `p_role` to be safe; SET ROLE may have
-- come since. Whatever the connection carries, '' apart, came from somewhere else.
create or replace function daybook.begin_scope(p_organization uuid, p_role text) returns void
    language plpgsql volatile parallel unsafe
    set search_path = pg_catalog, pg_temp
as $$
begin
    if current_user <> p_role then
        raise exception 'begin_scope: the role is %, not %', current_user, p_role using errcode = 'DB403';
    elsif current_setting('app.org_id', true) <> '' then
        raise exception 'the connection carries an organization already' using errcode = 'DB404';
    elsif current_setting('citus.propagate_set_commands', true) is null
          and p_organization <> '00000000-0000-0000-0000-000000000000' then
        -- What set_tenant() comes to where there is no Citus, for a third of the price.
        perform set_config('app.org_id', p_organization::text, true);
    else
        perform daybook.set_tenant(p_organization);
    end if;
end
$$;
comment on function daybook.begin_scope(uuid, text) is 'set_tenant(), on a connection that is as it was when it was examined';

-- Writing, by functions: their plans stay with the session, whoever pools it, and need no prepared statement. Planning the bare
-- INSERT each time takes more than half of all that auditing costs. They run with the rights of whoever calls them.
--
-- A rule or a trigger can swallow an insert without an error, and the COMMIT in the same flush has gone before the client
-- could count: so the count is compared here.
create or replace function daybook.check_written(p_written bigint, p_sent bigint) returns void
    language plpgsql immutable parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_written <> p_sent then
        raise exception 'the log took % of % events: a rule or a trigger swallowed the others', p_written, p_sent
            using errcode = 'DB308';
    end if;
end
$$;

-- One event: planned without arrays, it costs a third less.
create or replace function daybook.write_event(
    p_organization_id uuid, p_id uuid, p_action text, p_outcome text, p_actor_type text, p_actor_id text, p_actor_name text,
    p_on_behalf_of json, p_targets json, p_reason text, p_changes json, p_source_ip text, p_user_agent text, p_request_id text,
    p_correlation_id text, p_trace_id text, p_source text, p_metadata json, p_facets json,
    p_shaped_by text) returns void
    language plpgsql volatile parallel unsafe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_written bigint;
begin
    insert into daybook.audit_logs (
\ir ../statements/event_columns.sql
    )
    values (
        p_organization_id, p_id, p_action, p_outcome, p_actor_type, p_actor_id, p_actor_name, p_on_behalf_of, p_targets, p_reason,
        p_changes, p_source_ip, p_user_agent, p_request_id, p_correlation_id, p_trace_id, p_source, p_metadata, p_facets,
        p_shaped_by);
    get diagnostics v_written = row_count;
    if v_written <> 1 then
        perform daybook.check_written(v_written, 1);
    end if;
end
$$;
comment on function daybook.write_event is 'Writes one event, as whoever calls it';

-- Several events of one organization, an array for each column, all or none.
create or replace function daybook.write_events(
    p_organization_id uuid, p_id uuid[], p_action text[], p_outcome text[], p_actor_type text[], p_actor_id text[],
    p_actor_name text[], p_on_behalf_of json[], p_targets json[], p_reason text[], p_changes json[], p_source_ip text[],
    p_user_agent text[], p_request_id text[], p_correlation_id text[], p_trace_id text[], p_source text[], p_metadata json[],
    p_facets json[], p_shaped_by text[]) returns void
    language plpgsql volatile parallel unsafe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_written bigint;
begin
    -- Not GET DIAGNOSTICS: Citus takes INSERT … SELECT from arrays with RETURNING only.
    with written as (
        insert into daybook.audit_logs (
\ir ../statements/event_columns.sql
        )
        select
\ir ../statements/event_values.sql
        from
\ir ../statements/event_rows.sql
        returning 1
    )
    select count(*) into v_written from written;
    perform daybook.check_written(v_written, cardinality(p_id));
end
$$;
comment on function daybook.write_events is 'Writes events, all or none, as whoever calls it';

create or replace function daybook.refuse_change() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op
        using errcode = 'insufficient_privilege';
end
$$;

-- As the owner, so that the application's role needs no right to write facets: they cannot be forged.
create or replace function daybook.write_facets() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    insert into daybook.facets (organization_id, key, value, id)
    select n.organization_id, f.key, f.value, n.id
    from fresh n
    cross join lateral json_each_text(n.facets) f
    where n.facets is not null;
    return null;
end
$$;

-- As the owner too: nobody can keep an event from being sealed, or have something sealed that is not in the log. One event needs no
-- array built and sorted, which takes half of the time; looking for a second one is cheaper than counting.
create or replace function daybook.queue_for_seal() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from fresh offset 1) then
        insert into daybook.seal_queue (organization_id, id, ids, recorded_at)
        select n.organization_id, n.id, array[n.id], n.recorded_at
        from fresh n;
    else
        insert into daybook.seal_queue (organization_id, id, ids, recorded_at)
        select n.organization_id, (array_agg(n.id order by n.id))[1], array_agg(n.id order by n.id), min(n.recorded_at)
        from fresh n
        group by n.organization_id;
    end if;
    return null;
end
$$;

-- In the log of an organization: from now on, another key signs. What this says is still sealed by the old one.
create or replace function daybook.record_key(p_organization uuid, p_old text, p_new text, p_reason text) returns void
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_written bigint;
begin
    if not exists (select from daybook.organizations o where o.id = p_organization)
       or p_old is null or p_new is null or p_old = p_new
       or (p_old !~ '^[!-~]{1,200}[+][0-9a-f]{8}[+][A-Za-z0-9+/]{44}$' or p_new !~ '^[!-~]{1,200}[+][0-9a-f]{8}[+][A-Za-z0-9+/]{44}$') then
        raise exception 'record_key: an organization and two different public keys' using errcode = 'invalid_parameter_value';
    end if;
    insert into daybook.audit_logs (organization_id, action, actor_type, actor_id, actor_name, targets, reason, metadata)
    values (p_organization, 'audit_log.rotate_key', 'system', 'daybook', session_user,
            json_strip_nulls(json_build_array(json_build_object('type', 'seal_key', 'id', p_new))), p_reason,
            json_strip_nulls(json_build_object('old', p_old, 'new', p_new)));
    get diagnostics v_written = row_count;
    perform daybook.check_written(v_written, 1);
end
$$;
comment on function daybook.record_key(uuid, text, text, text) is 'For the sealer: says in a log which key comes next';

-- ---------------------------------------------------------------- people who type SQL

-- HMAC (RFC 2104) with the SHA-256 that every PostgreSQL has, of the two padded keys. A single expression, so that
-- PostgreSQL inlines it; STABLE, since it would not inline an IMMUTABLE one over convert_to(), which is STABLE itself. Its
-- names are bound here, whatever the search_path of the caller.
create or replace function daybook.hmac_sha256(p_inner_pad bytea, p_outer_pad bytea, p_text text) returns text
    language sql stable parallel safe
    return encode(sha256(p_outer_pad || sha256(p_inner_pad || convert_to(p_text, 'UTF8'))), 'hex');
comment on function daybook.hmac_sha256(bytea, bytea, text) is 'The signature of a token';

-- A process id comes again, after some ten thousand other processes; until then, and with the start of the server, it is one.
create or replace function daybook.reader_backend() returns text
    language sql stable parallel restricted
    return pg_backend_pid() || '-' || date_part('epoch', pg_postmaster_start_time())::bigint;
comment on function daybook.reader_backend() is 'Names the connection that asks: a token is good for one';

-- A new key for signing, in place of the one that there is: every token that was signed is worthless from now on, and
-- tickets can be redeemed again. For the owner: when a ticket is withdrawn, and in a copy of a database that is handed on.
-- 64 bytes, of which the server's strong random source chose 488 bits; `offset 0` keeps the planner from making a
-- different one for each pad.
create or replace function daybook.change_reader_key() returns void
    language sql volatile parallel unsafe
    begin atomic
        insert into daybook.reader_keys (id, inner_pad, outer_pad)
        select 1,
               decode(string_agg(lpad(to_hex(get_byte(k.key, i.at) # 54), 2, '0'), '' order by i.at), 'hex'),
               decode(string_agg(lpad(to_hex(get_byte(k.key, i.at) # 92), 2, '0'), '' order by i.at), 'hex')
        from (select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
                     || uuid_send(gen_random_uuid()) as key
              offset 0) k,
             generate_series(0, 63) as i (at)
        on conflict (id) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad;
    end;
comment on function daybook.change_reader_key() is 'Makes every token worthless';

-- A token is organization.backend.expiry.signature.
create or replace function daybook.make_reader_token(p_organization uuid, p_backend text, p_expires_at timestamptz) returns text
    language plpgsql stable parallel restricted
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_text text := format('%s.%s.%s', p_organization, p_backend, date_part('epoch', p_expires_at)::bigint);
begin
    return v_text || '.' || (select daybook.hmac_sha256(k.inner_pad, k.outer_pad, v_text) from daybook.reader_keys k);
end
$$;
comment on function daybook.make_reader_token(uuid, text, timestamptz) is 'For redeem_ticket() and reader_token() alone';

-- The application, which is in a scope, lets the reader's connection p_backend read the same organization.
create or replace function daybook.reader_token(p_backend text, p_seconds bigint) returns text
    language plpgsql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_organization uuid := nullif(current_setting('app.org_id', true), '')::uuid;
begin
    if v_organization is null then
        raise exception 'reader_token: no organization in this transaction' using errcode = 'insufficient_privilege';
    end if;
    if p_backend is null or p_backend !~ '^[0-9]{1,10}-[0-9]{1,20}$' or p_seconds is null or p_seconds not between 1 and 900 then
        raise exception 'reader_token: the backend as reader_backend() names it, and 1 to 900 seconds'
            using errcode = 'invalid_parameter_value';
    end if;
    return daybook.make_reader_token(v_organization, p_backend, clock_timestamp() + p_seconds * interval '1 second');
end
$$;
comment on function daybook.reader_token(text, bigint) is 'A token of this scope''s organization for a connection of the reader';

-- A ticket is "daybook_" and 96 hexadecimal digits: the organization, the ticket's id and its secret, 16 bytes each. The
-- prefix lets scanners for leaked secrets recognise one.
create or replace function daybook.ticket_text(p_organization uuid, p_ticket uuid, p_secret bytea) returns text
    language sql immutable parallel safe
    return 'daybook_' || encode(uuid_send(p_organization) || uuid_send(p_ticket) || p_secret, 'hex');
comment on function daybook.ticket_text(uuid, uuid, bytea) is 'What who gets a ticket is given';

-- A token for the connection that asks. It is used by whoever can say it there, so it is set for a transaction
-- (Daybook's own reader does that), or for the session of a client that shares its connection with nobody.
create or replace function daybook.redeem_ticket(p_ticket text, out token text, out organization_id uuid,
                                                 out expires_at timestamptz)
    language plpgsql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
    set row_security = on
as $$
declare
    v_ticket daybook.reader_tickets;
begin
    if p_ticket is null or p_ticket !~ '^daybook_[0-9a-f]{96}$' then
        raise exception 'this is no ticket: a ticket is daybook_ and 96 hexadecimal digits' using errcode = 'DB408';
    end if;
    select t.* into v_ticket
    from daybook.reader_tickets t
    where t.organization_id = substr(p_ticket, 9, 32)::uuid and t.id = substr(p_ticket, 41, 32)::uuid
      and t.secret_hash = sha256(decode(substr(p_ticket, 73), 'hex'));
    if not found then
        raise exception 'this database has no such ticket' using errcode = 'DB408';
    elsif v_ticket.withdrawn_at is not null then
        raise exception 'the ticket was withdrawn at %', v_ticket.withdrawn_at using errcode = 'DB408';
    elsif v_ticket.expires_at <= clock_timestamp() then
        raise exception 'the ticket expired at %', v_ticket.expires_at using errcode = 'DB408';
    end if;
    organization_id := v_ticket.organization_id;
    expires_at := v_ticket.expires_at;
    token := daybook.make_reader_token(organization_id, daybook.reader_backend(), expires_at);
end
$$;
comment on function daybook.redeem_ticket(text) is 'A token for this connection, in exchange for a ticket';

-- What the policies of the reader ask, once a query. Without a token there are no rows; a token that is not good is an
-- error rather than no rows, which would look like an answer.
create or replace function daybook.reader_organization() returns uuid
    language plpgsql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_token text[] := string_to_array(current_setting('app.reader_token', true), '.');
    v_key daybook.reader_keys;
    v_problem text;
begin
    if v_token is null or v_token = '{}' then
        return null;
    end if;
    select * into v_key from daybook.reader_keys;
    -- One expression, since plpgsql sets each up anew in every transaction. The signature first: nothing of a text that is
    -- not ours is believed. The clock is not statement_timestamp(), which stands still as long as one message to the server
    -- lasts.
    v_problem := case
        when cardinality(v_token) <> 4
             or v_token[4] is distinct from daybook.hmac_sha256(v_key.inner_pad, v_key.outer_pad, array_to_string(v_token[1:3], '.'))
            then 'the token is not one that this database signed, or the key was changed since'
        when v_token[2] <> daybook.reader_backend() then 'the token belongs to another connection'
        when v_token[3]::bigint <= date_part('epoch', clock_timestamp()) then 'the token has expired'
    end;
    if v_problem is null then
        return v_token[1]::uuid;
    end if;
    raise exception '%', v_problem using errcode = 'DB408';
end
$$;
comment on function daybook.reader_organization() is 'The organization of this connection''s token';
