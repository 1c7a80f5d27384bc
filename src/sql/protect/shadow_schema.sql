create table if not exists daybook_shadow.watched (
    relation     regclass    primary key,
    column_name  text        not null,
    setting      text        not null,
    app_roles    text[]      not null,
    append_only  boolean     not null,
    since        timestamptz not null default now()
);
create table if not exists daybook_shadow.violations (
    id                bigint      primary key generated always as identity,
    at                timestamptz not null default clock_timestamp(),
    last_at           timestamptz not null default clock_timestamp(),
    relation          regclass    not null,
    command           text        not null,
    role              text        not null,
    application_name  text        not null,
    setting           text,
    kind              text        not null check (kind in ('read', 'write', 'unset')),
    count             bigint      not null default 1
);
create index if not exists violations_by_relation on daybook_shadow.violations (relation, last_at);
\ir owner_alone.sql

-- The setting as a value of the column's type, or null if it is none: enforced, a setting that is no organization is an
-- error, and shadow mode must not make one.
create or replace function daybook_shadow.value_of(p_setting text, p_like anyelement) returns anyelement
    language plpgsql stable parallel unsafe
    set search_path = pg_catalog, pg_temp
as $do$
declare
    v_value p_like%type;
begin
    v_value := nullif(current_setting(p_setting, true), '');
    return v_value;
exception when others then
    return null;
end
$do$;

-- True, and dear by declaration. A condition of the statement that reveals nothing, such as org_id = $1, is asked before the
-- policy if it is cheaper: then rows that the statement would not have had anyway are not recorded. (COST; the body must not
-- be inlined.)
create or replace function daybook_shadow.asked_last() returns boolean
    language plpgsql stable parallel unsafe cost 100
as $do$
begin
    return true;
end
$do$;

-- Records that the policies would have refused this, and lets it through. Once for each transaction, table, command and
-- kind. Nothing that goes wrong here may reach the program, and nobody may wait for anybody: hence NOWAIT, SKIP LOCKED and
-- the handler. Parallel unsafe keeps shadowed tables out of parallel plans: PostgreSQL would evaluate the call before it is
-- known to be needed.
create or replace function daybook_shadow.note(p_relation regclass, p_command text, p_setting text) returns boolean
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $do$
declare
    v_setting text := left(nullif(current_setting(p_setting, true), ''), 100);
    v_kind text := case when v_setting is null then 'unset' when p_command = 'select' then 'read' else 'write' end;
    v_role text := case current_setting('role') when 'none' then session_user::text else current_setting('role') end;
    v_program text := coalesce(current_setting('application_name', true), '');
    v_key text := format(' %s:%s:%s', p_relation::oid, p_command, v_kind);
    v_noted text := coalesce(current_setting('daybook_shadow.noted', true), '');
    v_same bigint;
begin
    if strpos(v_noted || ' ', v_key || ' ') > 0 then
        return true;
    end if;
    perform set_config('daybook_shadow.noted', v_noted || v_key, true);
    -- A read-only transaction, or a standby, can write into the server's log only.
    if current_setting('transaction_read_only') = 'on' then
        raise log 'daybook_shadow: % on % by role "%", application_name "%", setting "%": %', p_command, p_relation, v_role,
            v_program, v_setting, v_kind;
        return true;
    end if;
    begin
        lock table daybook_shadow.violations in row exclusive mode nowait;
        -- What happens all the time is counted, an hour in a row. With a snapshot that is older than the row this would
        -- fail, and under SERIALIZABLE make others fail: then it is a row of its own.
        if current_setting('transaction_isolation') in ('read committed', 'read uncommitted') then
            select v.id into v_same
            from daybook_shadow.violations v
            where v.relation = p_relation and v.last_at > now() - interval '1 hour' and v.at > now() - interval '1 hour'
              and v.command = p_command and v.kind = v_kind and v.role = v_role and v.application_name = v_program
              and v.setting is not distinct from v_setting
            limit 1
            for update skip locked;
        end if;
        if v_same is null then
            insert into daybook_shadow.violations (relation, command, role, application_name, setting, kind)
            values (p_relation, p_command, v_role, v_program, v_setting, v_kind);
        else
            update daybook_shadow.violations v set count = v.count + 1, last_at = clock_timestamp() where v.id = v_same;
        end if;
    exception when others then
        raise log 'daybook_shadow: not recorded (%): % on % by role "%", application_name "%", setting "%": %', sqlerrm,
            p_command, p_relation, v_role, v_program, v_setting, v_kind;
    end;
    return true;
end
$do$;

-- Policies call these as whoever asks, and default privileges may have taken EXECUTE from everybody. Nobody else can name
-- them: that takes USAGE on the schema.
grant execute on function daybook_shadow.value_of(text, anyelement), daybook_shadow.asked_last(),
    daybook_shadow.note(regclass, text, text) to public;
