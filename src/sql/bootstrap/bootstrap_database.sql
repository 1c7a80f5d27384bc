-- What the owner needs in this database, and nobody else. Run by the database's owner or a superuser, connected to
-- it; safe to run twice. :"database" and :"owner" stand for the names.

do $do$
begin
    if pg_catalog.current_setting('server_encoding') <> 'UTF8' then
        raise exception 'the database has encoding %, and only UTF8 can hold every event',
            pg_catalog.current_setting('server_encoding');
    end if;
end
$do$;

grant connect, create on database :"database" to :"owner";
grant connect on database :"database" to :"app", :"reader", :"sealer", :"auditor";
