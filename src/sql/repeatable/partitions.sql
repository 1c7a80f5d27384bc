-- How the log and its facets are divided, and how partitions come and go. For the owner alone.
--
-- By the time that ids carry: one partition for all that is older (audit_logs_until_…), then one for each period, then the
-- default, for a time that nobody prepared. A partition is made beside the log and attached, which no writer waits for (the
-- default is locked meanwhile, to see that it holds nothing of that time): CREATE TABLE … PARTITION OF would lock the whole
-- log. Facets have the same bounds. Events are never moved.
--
-- https://www.postgresql.org/docs/current/ddl-partitioning.html

-- Without a text bound there is MINVALUE below; above, only the default has none.
create or replace view daybook.partitions with (security_invoker = true) as
select
    i.inhrelid as partition,
    p.relname::text as parent,
    c.relname::text as name,
    pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' as is_default,
    substring(pg_get_expr(c.relpartbound, c.oid) from E'FROM \\(''([-0-9a-f]+)''\\)')::uuid as lower,
    substring(pg_get_expr(c.relpartbound, c.oid) from E'TO \\(''([-0-9a-f]+)''\\)')::uuid as upper
from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhrelid
join pg_catalog.pg_class p on p.oid = i.inhparent and p.relkind = 'p'
join pg_catalog.pg_namespace n on n.oid = p.relnamespace and n.nspname = 'daybook';
comment on view daybook.partitions is 'The partitions of the log and of its facets, with their bounds';

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
    -- Default privileges may have given something away at birth.
    execute format('revoke all on %s from %s', p_partition,
                   (select concat_ws(', ', 'public', string_agg(quote_ident(r.role), ', '))
                    from daybook.roles r
                    where r.purpose <> 'owner'));
    execute format('create or replace trigger append_only before update or delete or truncate on %s '
                   'for each statement execute function daybook.refuse_change()', p_partition);
    execute format('alter table %s enable always trigger append_only', p_partition);
    for v_column in
        select a.attname
        from pg_inherits i
        join pg_attribute a on a.attrelid = i.inhparent and a.attnum > 0 and not a.attisdropped and a.attstattarget = 0
        where i.inhrelid = p_partition
    loop
        execute format('alter table %s alter column %I set statistics 0', p_partition, v_column);
    end loop;
end
$$;
comment on procedure daybook.close_partition(regclass) is 'Forces row-level security on a partition, and lets nobody change it';

-- `p_bound` is what follows ATTACH PARTITION. LIKE would copy a CHECK as valid, so those are added afterwards.
create or replace procedure daybook.add_partition(p_parent text, p_name text, p_bound text)
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_check record;
begin
    execute format('create table daybook.%I (like daybook.%I including defaults including generated)', p_name, p_parent);
    for v_check in
        select c.conname, pg_get_constraintdef(c.oid) as definition
        from pg_constraint c
        where c.conrelid = format('daybook.%I', p_parent)::regclass and c.contype = 'c'
    loop
        execute format('alter table daybook.%I add constraint %I %s', p_name, v_check.conname, v_check.definition);
    end loop;
    execute format('alter table daybook.%I attach partition daybook.%I %s', p_parent, p_name, p_bound);
    call daybook.close_partition(format('daybook.%I', p_name)::regclass);
end
$$;
comment on procedure daybook.add_partition(text, text, text) is 'For the other functions of this file';

create or replace function daybook.add_default_partitions() returns void
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_parent text;
begin
    foreach v_parent in array array['audit_logs', 'facets'] loop
        if not exists (select from daybook.partitions p where p.parent = v_parent and p.is_default) then
            call daybook.add_partition(v_parent, v_parent || '_default', 'default');
        end if;
        call daybook.close_partition(format('daybook.%I', v_parent || '_default')::regclass);
    end loop;
end
$$;
comment on function daybook.add_default_partitions() is 'Where events of a time go that no other partition holds';

-- A month is audit_logs_2026_11, what is older than the first is audit_logs_until_2026_09_01.
create or replace function daybook.partition_name(p_parent text, p_lower timestamptz, p_upper timestamptz) returns text
    language plpgsql stable
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_lower timestamp := p_lower at time zone 'UTC';
    v_upper timestamp := p_upper at time zone 'UTC';
begin
    if v_lower is null then
        return p_parent || to_char(v_upper, '"_until_"YYYY_MM_DD');
    elsif v_lower = date_trunc('month', v_lower) and v_upper = v_lower + interval '1 month' then
        return p_parent || to_char(v_lower, '"_"YYYY_MM');
    end if;
    return p_parent || to_char(v_lower, '"_"YYYY_MM_DD') || to_char(v_upper, '"_until_"YYYY_MM_DD');
end
$$;

create or replace function daybook.partition_bound(p_lower timestamptz, p_upper timestamptz) returns text
    language sql stable
    set search_path = pg_catalog, pg_temp
    return format('for values from (%s) to (%L)', coalesce(quote_literal(daybook.id_floor(p_lower)), 'minvalue'),
                  daybook.id_floor(p_upper));

-- Whoever detaches needs both tables for itself. A writer locks the log first, then facets, so we do. Somebody may hold facets
-- all the same, and wait for the log: then we give up before the server looks for deadlocks (deadlock_timeout, a second), which
-- could end the other one.
create or replace procedure daybook.lock_log()
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_timeout text := current_setting('lock_timeout');
begin
    lock table only daybook.audit_logs in access exclusive mode;
    perform set_config('lock_timeout', '500ms', true);
    lock table only daybook.facets in access exclusive mode;
    perform set_config('lock_timeout', v_timeout, true);
end
$$;
comment on procedure daybook.lock_log() is 'Keeps everybody out of the log until the end of the transaction';

-- A partition of the log, and one of its facets. `p_lower` null: all that is older.
create or replace function daybook.add_range(p_lower timestamptz, p_upper timestamptz) returns text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_parent text;
begin
    foreach v_parent in array array['audit_logs', 'facets'] loop
        call daybook.add_partition(v_parent, daybook.partition_name(v_parent, p_lower, p_upper),
                                   daybook.partition_bound(p_lower, p_upper));
    end loop;
    return daybook.partition_name('audit_logs', p_lower, p_upper);
end
$$;

-- With its indexes: those of the next partition that is made under the old name will have the old names.
create or replace procedure daybook.rename_partition(p_old text, p_new text)
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_index record;
begin
    execute format('alter table daybook.%I rename to %I', p_old, p_new);
    for v_index in
        select c.relname, row_number() over (order by c.oid) as number
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        where i.indrelid = format('daybook.%I', p_new)::regclass
    loop
        execute format('alter index daybook.%I rename to %I', v_index.relname, p_new || '_index_' || v_index.number);
    end loop;
end
$$;
comment on procedure daybook.rename_partition(text, text) is 'For change_range() and retire_partitions()';

-- Gives the partitions `…suffix` other bounds, and the names that go with them. PostgreSQL reads them once to see that the
-- bounds are true of every event, and the log is locked as long.
create or replace function daybook.change_range(p_suffix text, p_lower timestamptz, p_upper timestamptz) returns text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_parent text;
    v_old text;
    v_new text;
begin
    call daybook.lock_log();
    foreach v_parent in array array['audit_logs', 'facets'] loop
        v_old := v_parent || p_suffix;
        v_new := daybook.partition_name(v_parent, p_lower, p_upper);
        execute format('alter table daybook.%I detach partition daybook.%I', v_parent, v_old);
        call daybook.rename_partition(v_old, v_new);
        execute format('alter table daybook.%I attach partition daybook.%I %s', v_parent, v_new,
                       daybook.partition_bound(p_lower, p_upper));
    end loop;
    return daybook.partition_name('audit_logs', p_lower, p_upper);
end
$$;

-- Makes the partitions that are missing, as far ahead as daybook.partitioning says, or to `p_until` if that is later. With
-- `p_since`, also those back to that time, as long as no event of it is there. Returns their names.
create or replace function daybook.make_partitions(p_since timestamptz default null, p_until timestamptz default null)
    returns setof text
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    v_period text;
    v_length interval;
    v_now timestamp := now() at time zone 'UTC';
    v_from timestamp;
    v_to timestamp;
    v_last timestamp;
    v_oldest record;
begin
    -- Ids count from 1970.
    if p_since < '1970-01-01Z' or p_since > now() then
        raise exception 'partitions begin between 1970 and now' using errcode = 'invalid_parameter_value';
    end if;
    select p.period, l.length, date_trunc(p.period, v_now) + (p.ahead + 1) * l.length
    into strict v_period, v_length, v_last
    from daybook.partitioning p,
    lateral (select case p.period when 'quarter' then interval '3 months' else ('1 ' || p.period)::interval end as length) l;
    v_last := greatest(v_last, p_until at time zone 'UTC');

    -- The first time, and when the past is to be divided.
    select p.name, daybook.id_time(p.upper) at time zone 'UTC' as upper into v_oldest
    from daybook.partitions p
    where p.parent = 'audit_logs' and p.lower is null and not p.is_default;
    v_from := date_trunc(v_period, coalesce(p_since at time zone 'UTC', v_now - 2 * v_length));
    if v_oldest.upper is null then
        return next daybook.add_range(null, v_from at time zone 'UTC');
    elsif p_since is not null and v_from < v_oldest.upper then
        begin
            perform daybook.change_range(replace(v_oldest.name, 'audit_logs', ''), null, v_from at time zone 'UTC');
        exception
            when check_violation then
                raise exception 'events between % and % share a partition already, and are never moved', v_from, v_oldest.upper
                    using errcode = 'object_in_use';
        end;
        while v_from < v_oldest.upper loop
            v_to := least(date_trunc(v_period, v_from) + v_length, v_oldest.upper);
            return next daybook.add_range(v_from at time zone 'UTC', v_to at time zone 'UTC');
            v_from := v_to;
        end loop;
    end if;

    select max(daybook.id_time(p.upper)) at time zone 'UTC' into strict v_from
    from daybook.partitions p
    where p.parent = 'audit_logs';
    while v_from < v_last loop
        -- A period that was begun by a partition of another length is as long as what is left of it.
        v_to := date_trunc(v_period, v_from) + v_length;
        begin
            return next daybook.add_range(v_from at time zone 'UTC', v_to at time zone 'UTC');
        exception
            when check_violation then
                -- Events wait in the default partition, since nobody made theirs in time: it becomes a partition of its own, as
                -- it is, and a new default takes its place. No event is more than five minutes ahead.
                v_to := greatest(v_to, date_trunc(v_period, v_now + interval '5 minutes') + v_length);
                return next daybook.change_range('_default', v_from at time zone 'UTC', v_to at time zone 'UTC');
                perform daybook.add_default_partitions();
        end;
        v_from := v_to;
    end loop;
end
$$;
comment on function daybook.make_partitions(timestamptz, timestamptz) is 'Makes the partitions that are missing; returns their names';
