-- Retention takes whole partitions out of the log, never single events, and says so in the log of each organization that had
-- events there. For the owner alone.
--
-- Two steps, each a transaction: retire_partitions() detaches, which locks the log for an instant; finish_retirement() reads
-- what is detached, records it and drops it or leaves it, for as long as that takes. What is retired and not finished is
-- finished by the next run.

-- What is over before `p_before`. The oldest partition, which has no lower bound, makes room when others go; while nothing was
-- ever written to it, that is nothing to tell.
create or replace function daybook.partitions_before(p_before timestamptz)
    returns table (name text, lower uuid, upper uuid, is_room boolean)
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
as $$
begin
    if p_before > now() - interval '1 day' then
        raise exception 'retention keeps one day at least' using errcode = 'invalid_parameter_value';
    end if;
    return query
    with old as (
        -- Not id_floor(p_before): ids know no time before 1970.
        select p.name, p.lower, p.upper, p.lower is null and pg_relation_size(p.partition) = 0 as is_room
        from daybook.partitions p
        where p.parent = 'audit_logs' and daybook.id_time(p.upper) <= p_before
    )
    select o.name, o.lower, o.upper, o.is_room
    from old o
    where exists (select from old other where not other.is_room)
    order by o.upper;
end
$$;
comment on function daybook.partitions_before(timestamptz) is 'What retire_partitions() would take out of the log';

-- What no seal covers, nobody could ever miss: it stays, unless `p_unsealed` says otherwise. Then it leaves the queue as well; of a
-- statement that wrote events of several times, the others go on waiting.
create or replace function daybook.retire_unsealed(p_upper uuid, p_unsealed boolean) returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    select count(*) into v_count
    from daybook.seal_queue q
    cross join lateral unnest(q.ids) w (id)
    where q.id < p_upper and w.id < p_upper;
    if v_count = 0 then
        return;
    elsif not p_unsealed then
        raise exception 'events that would leave the log are not sealed: %', v_count
            using errcode = 'DB802', hint = 'seal them first, or let them go without a seal';
    end if;
    with taken as (
        delete from daybook.seal_queue q where q.id < p_upper returning q.*
    )
    insert into daybook.seal_queue (organization_id, id, ids, recorded_at, missed_at)
    select t.organization_id, w.ids[1], w.ids, t.recorded_at, t.missed_at
    from taken t
    cross join lateral (select array_agg(i.id order by i.id) as ids from unnest(t.ids) i (id) where i.id >= p_upper) w
    where w.ids is not null;
end
$$;
comment on function daybook.retire_unsealed(uuid, boolean) is 'For retire_partitions() alone';

-- A new partition takes the place of the oldest, for events of that time that may yet come.
create or replace function daybook.retire_partitions(p_before timestamptz, p_how text, p_unsealed boolean) returns bigint
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_partition record;
    v_facets_name text;
    v_name text;
    v_number int;
    v_upper uuid;
    v_unsealed jsonb;
    v_count bigint := 0;
begin
    if not exists (select from daybook.partitions_before(p_before)) then
        return 0;
    end if;
    call daybook.lock_log();
    -- Nobody writes any more, so that what waits now is all that will.
    select jsonb_object_agg(u.name, u.counts) into v_unsealed
    from (select p.name,
                 (select jsonb_object_agg(w.organization_id, w.count)
                  from (select q.organization_id, count(*) as count
                        from daybook.seal_queue q
                        cross join lateral unnest(q.ids) i (id)
                        where i.id < p.upper and (p.lower is null or i.id >= p.lower)
                        group by q.organization_id) w) as counts
          from daybook.partitions_before(p_before) p) u
    where u.counts is not null;
    perform daybook.retire_unsealed((select p.upper from daybook.partitions_before(p_before) p order by p.upper desc limit 1), p_unsealed);
    for v_partition in select p.name, p.lower, p.upper, p.is_room from daybook.partitions_before(p_before) p loop
        v_facets_name := replace(v_partition.name, 'audit_logs', 'facets');
        v_upper := v_partition.upper;
        execute format('alter table daybook.audit_logs detach partition daybook.%I', v_partition.name);
        execute format('alter table daybook.facets detach partition daybook.%I', v_facets_name);
        if v_partition.is_room then
            execute format('drop table daybook.%I, daybook.%I', v_partition.name, v_facets_name);
            continue;
        end if;
        v_name := 'retired_' || v_partition.name;
        v_number := 1;
        while to_regclass(format('daybook.%I', v_name)) is not null
              or exists (select from daybook.retired_partitions r where r.name = v_name) loop
            -- The same time again: events that came after it was retired.
            v_number := v_number + 1;
            v_name := format('retired_%s_%s', v_partition.name, v_number);
        end loop;
        call daybook.rename_partition(v_partition.name, v_name);
        call daybook.rename_partition(v_facets_name, replace(v_name, 'audit_logs', 'facets'));
        insert into daybook.retired_partitions (name, facets_name, lower, upper, how, unsealed)
        values (v_name, replace(v_name, 'audit_logs', 'facets'), v_partition.lower, v_partition.upper, p_how,
                v_unsealed -> v_partition.name);
        v_count := v_count + 1;
    end loop;
    perform daybook.add_range(null, daybook.id_time(v_upper));
    return v_count;
end
$$;
comment on function daybook.retire_partitions(timestamptz, text, boolean) is 'Detaches what retention no longer keeps';

-- One event for each organization that has events in the retired partition; then it is dropped, or stays as a table of its own.
-- Returns its record, or no row if another run has done it.
create or replace function daybook.finish_retirement(p_name text) returns setof daybook.retired_partitions
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_retired daybook.retired_partitions;
    v_time text := 'YYYY-MM-DD"T"HH24:MI:SS"Z"';
    v_organizations bigint;
    v_events bigint;
    v_written bigint;
begin
    select r.* into strict v_retired from daybook.retired_partitions r where r.name = p_name for update;
    if v_retired.finished_at is not null then
        return;
    end if;
    -- Nobody but the owner reaches it any more, and FORCE hides it from the owner too.
    execute format('alter table daybook.%I no force row level security', v_retired.name);
    execute format($sql$
        with counted as (
            select a.organization_id, count(*) as events from daybook.%I a group by a.organization_id
        ), earlier as (
            -- Records of retention that leave with the others: what they say goes on being said, for who verifies.
            select a.organization_id, json_agg(json_strip_nulls(r.said) order by a.id) as list
            from daybook.%I a
            cross join lateral (select json_build_object('events', a.metadata -> 'events', 'unsealed', a.metadata -> 'unsealed',
                                                         'from', a.metadata -> 'from', 'until', a.metadata -> 'until') as said
                                union all
                                select e.value
                                from json_array_elements(case when json_typeof(a.metadata -> 'earlier') = 'array'
                                                              then a.metadata -> 'earlier' end) e) r
            where a.action = any ('{audit_log.drop,audit_log.detach}') and a.db_role = current_user
              and a.actor_type = 'system' and a.actor_id = 'daybook' and json_typeof(a.metadata) = 'object'
            group by a.organization_id
        ), recorded as (
            insert into daybook.audit_logs (organization_id, action, actor_type, actor_id, actor_name, targets, reason, metadata)
            select c.organization_id, 'audit_log.' || $1, 'system', 'daybook', session_user,
                   -- Without blanks, as the engine writes it.
                   json_strip_nulls(json_build_array(json_build_object('type', 'partition', 'id', $2))), 'retention',
                   json_strip_nulls(json_build_object('events', c.events, 'unsealed', ($5 ->> c.organization_id::text)::bigint,
                                                      'from', $3, 'until', $4, 'earlier', e.list))
            from counted c
            left join earlier e using (organization_id)
            returning 1
        )
        select (select count(*) from counted), (select coalesce(sum(c.events), 0) from counted c), (select count(*) from recorded)
        $sql$, v_retired.name, v_retired.name)
    into v_organizations, v_events, v_written
    using v_retired.how, v_retired.name, to_char(daybook.id_time(v_retired.lower) at time zone 'UTC', v_time),
        to_char(daybook.id_time(v_retired.upper) at time zone 'UTC', v_time), v_retired.unsealed;
    perform daybook.check_written(v_written, v_organizations);
    if v_retired.how = 'drop' then
        execute format('drop table daybook.%I, daybook.%I', v_retired.name, v_retired.facets_name);
    else
        execute format('alter table daybook.%I force row level security', v_retired.name);
    end if;
    return query
    update daybook.retired_partitions r
    set events = v_events, organizations = v_organizations, finished_at = clock_timestamp()
    where r.name = p_name
    returning r.*;
end
$$;
comment on function daybook.finish_retirement(text) is 'Records in each organization''s log what retention took out of it';
