-- Retention takes whole partitions out of the log, never single events, and says so in the log of each organization that had
-- events there. For the owner alone.
--
-- Two steps, each a transaction: retire_partitions() detaches, which locks the log for an instant; finish_retirement() reads
-- what is detached, records it and drops it or leaves it, for as long as that takes. What is retired and not finished is
-- finished by the next run.

-- All partitions that end before `p_before`. A new one takes the place of the oldest, for events of that time that may yet come.
create or replace function daybook.retire_partitions(p_before timestamptz, p_how text) returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_partition record;
    v_name text;
    v_upper uuid;
    v_count bigint := 0;
begin
    if p_before > now() then
        raise exception 'retention of events that are yet to come' using errcode = 'invalid_parameter_value';
    end if;
    for v_partition in
        select p.name, replace(p.name, 'audit_logs', 'facets') as facets_name, p.lower, p.upper
        from daybook.partitions p
        where p.parent = 'audit_logs' and p.upper <= daybook.id_floor(p_before)
        order by p.upper
    loop
        execute format('alter table daybook.facets detach partition daybook.%I', v_partition.facets_name);
        execute format('alter table daybook.audit_logs detach partition daybook.%I', v_partition.name);
        v_name := 'retired_' || v_partition.name;
        if to_regclass(format('daybook.%I', v_name)) is not null
           or exists (select from daybook.retired_partitions r where r.name = v_name) then
            -- The same time again: events that came after it was retired.
            v_name := v_name || to_char(clock_timestamp(), '"_"YYYYMMDDHH24MISSUS');
        end if;
        execute format('alter table daybook.%I rename to %I', v_partition.name, v_name);
        execute format('alter table daybook.%I rename to %I', v_partition.facets_name, replace(v_name, 'audit_logs', 'facets'));
        insert into daybook.retired_partitions (name, facets_name, lower, upper, how)
        values (v_name, replace(v_name, 'audit_logs', 'facets'), v_partition.lower, v_partition.upper, p_how);
        v_upper := v_partition.upper;
        v_count := v_count + 1;
    end loop;
    if v_count > 0 then
        perform daybook.add_range(null, daybook.id_time(v_upper));
    end if;
    return v_count;
end
$$;
comment on function daybook.retire_partitions(timestamptz, text) is 'Detaches what retention no longer keeps';

-- One event for each organization that has events in the retired partition; then it is dropped, or stays as a table of its own.
create or replace function daybook.finish_retirement(p_name text, p_reason text) returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_retired daybook.retired_partitions;
    v_organizations bigint;
    v_events bigint;
begin
    select r.* into strict v_retired from daybook.retired_partitions r where r.name = p_name for update;
    if v_retired.finished_at is not null then
        return 0;
    end if;
    -- Nobody but the owner reaches it any more, and FORCE hides it from the owner too.
    execute format('alter table daybook.%I no force row level security', v_retired.name);
    execute format($sql$
        with counted as (
            select a.organization_id, count(*) as events from daybook.%I a group by a.organization_id
        ), recorded as (
            insert into daybook.audit_logs (organization_id, id, action, actor_type, actor_id, actor_name, targets, reason, metadata)
            select c.organization_id, daybook.new_id(statement_timestamp()), 'audit_log.' || $1, 'system', 'daybook', session_user,
                   json_build_array(json_build_object('type', 'partition', 'id', $2)), $3,
                   json_build_object('events', c.events, 'from', daybook.id_time($4), 'until', daybook.id_time($5))
            from counted c
        )
        select count(*), coalesce(sum(c.events), 0) from counted c
        $sql$, v_retired.name)
    into v_organizations, v_events
    using v_retired.how, v_retired.name, p_reason, v_retired.lower, v_retired.upper;
    if v_retired.how = 'drop' then
        execute format('drop table daybook.%I, daybook.%I', v_retired.name, v_retired.facets_name);
    else
        execute format('alter table daybook.%I force row level security', v_retired.name);
    end if;
    update daybook.retired_partitions r
    set events = v_events, organizations = v_organizations, finished_at = clock_timestamp()
    where r.name = p_name;
    return v_events;
end
$$;
comment on function daybook.finish_retirement(text, text) is 'Records in each organization''s log what retention took out of it';
