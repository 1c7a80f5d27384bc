begin;
set local search_path = pg_catalog;
select set_config('daybook_test.a', :'test_a', true), set_config('daybook_test.b', :'test_b', true) \g /dev/null

do $do$
declare
    -- If the table wants other values, write them here.
    v_insert constant text := $insert$
        insert into :table (:column:canary_columns)
        values (cast($1 as :type):canary_values)
    $insert$;
    -- As the server spells them.
    v_a text := cast(current_setting('daybook_test.a') as :type)::text;
    v_b text := cast(current_setting('daybook_test.b') as :type)::text;
    v_is_log constant boolean := :is_log;
    v_scope text;
    v_organization text;
    v_allowed boolean;
    v_problem text;
    v_seen bigint;
    v_others bigint;
    v_part oid;
    v_place tid;
    v_canary_part oid;
    v_canary_place tid;
    v_step text;
begin
    -- ---------------------------------------------------------------- who asks
    if current_user <> all (:app_array) then
        raise exception 'isolation test: run it as the application''s role, not as "%"', current_user;
    end if;
    if exists (select from pg_roles r where r.rolname = current_user and (r.rolsuper or r.rolbypassrls)) then
        raise exception 'isolation test: no policy binds "%", which is a superuser or has BYPASSRLS', current_user;
    end if;
    if nullif(current_setting(:setting, true), '') is not null then
        raise exception 'isolation test: the connection carries an organization already: "%"',
            current_setting(:setting, true);
    end if;

    -- ---------------------------------------------------------------- the table, and its partitions
    select format('%s: row-level security is not %s', c.oid::regclass,
                  case when c.relrowsecurity then 'forced' else 'on' end)
    into v_problem
    from pg_class c
    where (c.oid = :'table'::regclass or c.oid in (select p.relid from pg_partition_tree(:'table') p))
      and not (c.relrowsecurity and c.relforcerowsecurity)
    limit 1;
    if found then
        raise exception 'isolation test: %', v_problem;
    end if;
    select format('%s may %s %s', current_user, r.privilege, c.oid::regclass)
    into v_problem
    from pg_class c
    cross join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate')) r (privilege)
    where (c.oid = :'table'::regclass or c.oid in (select p.relid from pg_partition_tree(:'table') p))
      and has_table_privilege(c.oid, r.privilege)
      and (c.oid <> :'table'::regclass or r.privilege = 'truncate' or (v_is_log and r.privilege in ('update', 'delete')))
    limit 1;
    if found then
        raise exception 'isolation test: %', v_problem;
    end if;
    if v_is_log then
        select c.oid::regclass::text into v_problem
        from pg_class c
        where (c.oid = :'table'::regclass or c.oid in (select p.relid from pg_partition_tree(:'table') p))
          and not exists (select from pg_trigger g
                          where g.tgrelid = c.oid and g.tgenabled = 'A' and g.tgtype = 2 + 8 + 16 + 32)
        limit 1;
        if found then
            raise exception 'isolation test: no trigger refuses changes of %, always', v_problem;
        end if;
    end if;

    -- ---------------------------------------------------------------- no organization
    select count(*) into v_seen from :table;
    if v_seen > 0 then
        raise exception 'isolation test: without an organization % rows of % are visible', v_seen, :'table';
    end if;

    -- ---------------------------------------------------------------- who may write for whom
    foreach v_step in array array['a for a', 'b for b', 'a for b', 'b for a', 'nobody for a'] loop
        v_scope := case split_part(v_step, ' ', 1) when 'a' then v_a when 'b' then v_b else '' end;
        v_organization := case split_part(v_step, ' ', 3) when 'a' then v_a else v_b end;
        v_allowed := v_scope = v_organization;
        v_problem := null;
        perform set_config(:setting, v_scope, true);
        begin
            -- RETURNING asks the policy for reading as well: what is to be refused must be so without it.
            if v_allowed then
                execute v_insert || ' returning tableoid, ctid' into v_part, v_place using v_organization;
            else
                execute v_insert using v_organization;
                v_problem := 'was let through';
            end if;
        exception
            when insufficient_privilege then
                if v_allowed then
                    v_problem := 'was refused: ' || sqlerrm;
                end if;
            when others then
                v_problem := 'failed, so nothing is known; mend the values of v_insert: ' || sqlerrm;
        end;
        if v_problem is not null then
            raise exception 'isolation test: writing as organization "%" a row of "%" %', v_scope, v_organization, v_problem;
        end if;
        if v_step = 'a for a' then
            v_canary_part := v_part;
            v_canary_place := v_place;
        end if;
    end loop;

    -- ---------------------------------------------------------------- who sees what: no WHERE
    foreach v_scope in array array[v_a, v_b, ''] loop
        perform set_config(:setting, v_scope, true);
        select count(*) filter (where :column::text = v_scope),
               count(*) filter (where :column::text is distinct from v_scope)
        into v_seen, v_others
        from :table;
        if v_others > 0 then
            raise exception 'isolation test: organization "%" sees % rows that are not its own', v_scope, v_others;
        end if;
        if v_seen = 0 and v_scope <> '' then
            raise exception 'isolation test: organization "%" does not see its own row', v_scope;
        end if;
    end loop;

    -- ---------------------------------------------------------------- who changes what
    -- No WHERE again: a condition would have the policy for reading asked as well, which hides what the others let through.
    perform set_config(:setting, v_b, true);
    select count(*) into v_others from :table;
    foreach v_step in array array['update', 'delete'] loop
        v_seen := 0;
        begin
            if v_step = 'update' then
                update :table set :column = cast(v_b as :type);
            else
                delete from :table;
            end if;
            get diagnostics v_seen = row_count;
            raise exception using errcode = 'DB000';  -- taken back
        exception
            when sqlstate 'DB000' then
                if v_is_log then
                    raise exception 'isolation test: % of % was not refused', v_step, :'table';
                elsif v_seen > v_others then
                    raise exception 'isolation test: % by organization "%" reaches % rows that are not its own', v_step, v_b,
                        v_seen - v_others;
                end if;
            when insufficient_privilege then
                null;
        end;
    end loop;

    perform set_config(:setting, v_a, true);
    v_problem := null;
    begin
        update :table set :column = cast(v_b as :type);
        if found then
            v_problem := 'moved';
        end if;
    exception when insufficient_privilege then
        null;
    end;
    if v_problem is not null then
        raise exception 'isolation test: organization "%" could move a row to "%"', v_a, v_b;
    end if;
    begin
        truncate :table;
        v_problem := 'truncated';
    exception when insufficient_privilege then
        null;
    end;
    if v_problem is not null then
        raise exception 'isolation test: "%" could truncate %', current_user, :'table';
    end if;

    -- What is one's own, and what the role has a right for, can be done: a test that only looks for refusals is content with
    -- a table that is shut.
    if not v_is_log and has_table_privilege(:'table', 'update') then
        update :table set :column = :column where tableoid = v_canary_part and ctid = v_canary_place returning tableoid, ctid
        into v_canary_part, v_canary_place;
        if not found then
            raise exception 'isolation test: organization "%" cannot update its own row', v_a;
        end if;
    end if;
    if not v_is_log and has_table_privilege(:'table', 'delete') then
        delete from :table where tableoid = v_canary_part and ctid = v_canary_place;
        if not found then
            raise exception 'isolation test: organization "%" cannot delete its own row', v_a;
        end if;
    end if;
end
$do$;

rollback;
-- Not \echo: psql looks for backslashes and backquotes in its arguments.
\pset tuples_only on
\pset format unaligned
select format('isolation test passed: %s', :'table');
