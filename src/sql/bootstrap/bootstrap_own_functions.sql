-- Only in a database that Daybook created, and only a superuser may: functions that reach other sessions, keep something
-- beyond a transaction, or write though it is read-only, are for programs, not for people who type SQL. Large objects of
-- one role are read by all its sessions; locks, signals and notifications cross organizations.

do $do$
declare
    v_function regprocedure;
begin
    if not (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) then
        return;
    end if;
    for v_function in
        select p.oid::regprocedure
        from pg_catalog.pg_proc p
        where p.pronamespace = 'pg_catalog'::regnamespace
          and (p.proname ~ '^(lo_|pg_try_advisory_|pg_advisory_)'
               or p.proname in ('lowrite', 'loread', 'pg_notify', 'pg_terminate_backend', 'pg_cancel_backend',
                             'pg_logical_emit_message'))
          -- What PUBLIC never had stays with superusers: lo_import() reads the server's files, lo_export() writes them.
          and pg_catalog.has_function_privilege('public', p.oid, 'execute')
    loop
        execute pg_catalog.format('revoke execute on function %s from public', v_function);
        execute pg_catalog.format('grant execute on function %s to %I', v_function, :'owner');
        execute pg_catalog.format('grant execute on function %s to %s', v_function,
                                  (select pg_catalog.string_agg(pg_catalog.quote_ident(a), ', ')
                                   from pg_catalog.unnest(array[:'app']) a));
    end loop;
end
$do$;
