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

-- Where the one who runs this may not grant, PostgreSQL only warns.
do $do$
begin
    if not pg_catalog.has_database_privilege(:'owner', pg_catalog.current_database(), 'create') then
        raise exception 'the role % got no right to create a schema in %', :'owner', pg_catalog.current_database()
            using errcode = 'insufficient_privilege',
                  hint = 'run this as the owner of the database, or as a superuser';
    end if;
end
$do$;
