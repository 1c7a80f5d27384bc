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

-- A rule or a trigger can swallow an insert without an error.
create or replace function daybook.check_written(p_written bigint, p_sent bigint) returns bigint
    language plpgsql immutable parallel safe
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_written <> p_sent then
        raise exception 'the log took % of % events: a rule or a trigger swallowed the others', p_written, p_sent
            using errcode = 'DB308';
    end if;
    return p_written;
end
$$;

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
    select new.organization_id, f.key, f.value, new.id
    from json_each_text(new.facets) f;
    return null;
end
$$;

-- A partition that is named directly ignores the parent's policies, FORCE and statement triggers: each one closes
-- itself, and nothing is ever granted on it.
create or replace procedure daybook.close_partition(p_partition regclass)
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_column text;
begin
    execute format('alter table %s enable row level security', p_partition);
    execute format('alter table %s force row level security', p_partition);
    execute format('revoke all on %s from public', p_partition);
    execute format('create or replace trigger append_only before update or delete or truncate on %s '
                   'for each statement execute function daybook.refuse_change()', p_partition);
    execute format('alter table %s enable always trigger append_only', p_partition);
    for v_column in
        select a.attname
        from pg_attribute a
        where a.attrelid = 'daybook.audit_logs'::regclass and a.attnum > 0 and not a.attisdropped and a.attstattarget = 0
    loop
        execute format('alter table %s alter column %I set statistics 0', p_partition, v_column);
    end loop;
end
$$;

-- Makes the partition of one month, unless it is there, or rows of that month wait in the default partition: then
-- they stay where they are, since events are never moved.
create or replace function daybook.add_month(p_month date) returns boolean
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := 'audit_logs_' || to_char(p_month, 'YYYY_MM');
    v_from timestamptz := date_trunc('month', p_month::timestamp) at time zone 'UTC';
    v_to timestamptz := (date_trunc('month', p_month::timestamp) + interval '1 month') at time zone 'UTC';
begin
    if to_regclass(format('daybook.%I', v_name)) is not null then
        return false;
    end if;
    begin
        execute format('create table daybook.%I partition of daybook.audit_logs for values from (%L) to (%L)',
                       v_name, daybook.id_floor(v_from), daybook.id_floor(v_to));
    exception
        when check_violation then
            return false;
    end;
    call daybook.close_partition(format('daybook.%I', v_name)::regclass);
    return true;
end
$$;
