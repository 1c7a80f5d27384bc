-- Before anything is changed. What belongs to a superuser is bound by nothing, and runs with a superuser's rights where it
-- is SECURITY DEFINER; an application's role that owns the tables or bypasses row-level security would be refused later.
do $do$
begin
    if current_user <> :'owner' then
        raise exception 'migrations run as the owner''s role, %, and this is %', :'owner', current_user
            using errcode = 'insufficient_privilege';
    end if;
    if exists (select from pg_catalog.pg_roles r where r.rolname = current_user and (r.rolsuper or r.rolbypassrls)) then
        raise exception 'the owner''s role, %, is a superuser or has BYPASSRLS', current_user
            using errcode = 'insufficient_privilege';
    end if;
    if exists (select from pg_catalog.pg_roles r
               where (r.rolsuper or r.rolbypassrls or r.rolname = :'owner')
                 and r.rolname in (:'app', :'reader', :'sealer', :'auditor')) then
        raise exception 'one of the roles % is the owner, a superuser, or has BYPASSRLS',
            array[:'app', :'reader', :'sealer', :'auditor']
            using errcode = 'insufficient_privilege';
    end if;
    if pg_catalog.current_setting('server_encoding') <> 'UTF8' then
        raise exception 'the database has encoding %, and only UTF8 can hold every event',
            pg_catalog.current_setting('server_encoding');
    end if;
end
$do$;
